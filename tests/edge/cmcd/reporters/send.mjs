// Has a reporter of `@svta/cml-cmcd` report errors of a session to a collector, one after the other,
// and prints the status of each answer: `node send.mjs URL SID COUNT`. It ends when all were taken,
// or when the reporter has nothing more to say.
import { setTimeout as pause } from 'node:timers/promises';
import { CmcdReporter } from '@svta/cml-cmcd';

const [url, sid, count] = process.argv.slice(2);
let status = 0;
let asked = Promise.resolve();

const enabledKeys = ['sid', 'cid', 'cdn', 'ec', 'e', 'ts', 'sn', 'v'];
const reporter = new CmcdReporter(
  { sid, cid: 'film', version: 2, enabledKeys, eventTargets: [{ url, events: ['e'], enabledKeys }] },
  ({ url, ...init }) => {
    const answer = fetch(url, init).then((answer) => {
      status = answer.status;
      console.log(status);
      return { status };
    });
    asked = answer.catch(() => {});
    return answer;
  },
);
reporter.update({ cdn: 'fastly' });
for (let n = 0; n < Number(count); n += 1) {
  reporter.recordEvent('e', { ec: [`E${n}`] });
  await asked;
}
while (status === 429 || status >= 500) {
  await pause(200);
  reporter.flush();
  await asked;
}
