// Has the reporters of players report, and prints what they send: one JSON object a line, with
// `by`, and `body`, `query` or `headers`. Their requests go nowhere.
import { CmcdReporter, toCmcdValue } from '@svta/cml-cmcd';

const print = (said) => console.log(JSON.stringify(said));
const SID = '6e2fb550-c457-11e9-bb97-0800200c9a66';

async function commonMediaLibrary() {
  const target = {
    url: 'https://collector.example/v1/cmcd', version: 2, batchSize: 4, interval: 30,
    events: ['t', 'ps', 'e', 'rr', 'bc', 'ce'],
    enabledKeys: [
      'sid', 'cid', 'br', 'bl', 'mtp', 'sta', 'ec', 'e', 'ts', 'sn', 'v', 'cdn', 'h', 'bs', 'bsd',
      'ot', 'd', 'url', 'rc', 'ttfb', 'ttlb', 'msd', 'sf', 'st', 'nor', 'pr', 'cen', 'com.example-k',
    ],
  };
  const reporter = new CmcdReporter(
    { sid: SID, cid: 'film, "one"', version: 2, enabledKeys: target.enabledKeys, eventTargets: [target] },
    async (request) => {
      print({ by: 'cml event', type: request.headers['Content-Type'], method: request.method, body: request.body });
      return { status: 202 };
    },
  );
  reporter.update({
    cdn: 'fastly', h: 'edge1.example', sf: 'd', st: 'l', msd: 812, ot: 'v', pr: 1,
    br: [toCmcdValue(3200, { v: true }), toCmcdValue(128, { a: true })], bl: [toCmcdValue(21300, { v: true })],
    mtp: [25400], sta: 's',
  });
  reporter.start();
  reporter.update({ sta: 'p' });
  reporter.update({ sta: 'r', bs: true, bsd: [toCmcdValue(1200, { v: true }), toCmcdValue(300, { v: true })] });
  reporter.update({ sta: 'p', bs: undefined, bsd: undefined });
  reporter.recordEvent('e', { ec: ['404', 'MEDIA_ERR'] });
  reporter.recordEvent('ce', { cen: 'chosen', 'com.example-k': 'a, b' });
  const asked = reporter.createRequestReport({ url: 'https://cdn.example/s1.m4s', method: 'GET', headers: {} }, { d: 4004, ot: 'v' });
  print({ by: 'cml query', query: new URL(asked.url).search.slice(1) });
  reporter.recordResponseReceived({ status: 503, request: asked, resourceTiming: { startTime: 1, responseStart: 20, duration: 90 } });
  await reporter.stop(true);
}

const MASTER = `#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=3200000,RESOLUTION=1280x720,CODECS="avc1.64001f,mp4a.40.2"
720.m3u8
`;
const LEVEL = `#EXTM3U
#EXT-X-TARGETDURATION:5
#EXT-X-MAP:URI="init.mp4"
${[1, 2, 3].map((n) => `#EXTINF:4.004,\ns${n}.m4s\n`).join('')}#EXT-X-ENDLIST
`;

async function hlsJs(version, useHeaders) {
  const by = `hls.js ${version} ${useHeaders ? 'headers' : 'query'}`;
  let segments = 0;
  class Loader {
    stats = { loading: { start: 0, first: 0, end: 0 }, parsing: { start: 0, end: 0 }, buffering: { start: 0, first: 0, end: 0 }, total: 0, loaded: 0 };
    load(context, config, callbacks) {
      const url = new URL(context.url);
      print(useHeaders ? { by, headers: context.headers } : { by, query: url.search.slice(1) });
      const text = url.pathname.endsWith('/main.m3u8') ? MASTER : url.pathname.endsWith('.m3u8') ? LEVEL : undefined;
      if (text === undefined) segments += 1;
      else setTimeout(() => callbacks.onSuccess({ url: context.url, data: text }, this.stats, context, null), 1);
    }
    abort() {}
    destroy() {}
  }
  const { default: Hls } = await import('hls.js');
  const hls = new Hls({
    loader: Loader, enableWorker: false, startFragPrefetch: true,
    cmcd: { sessionId: SID, contentId: 'film-1', useHeaders, version },
  });
  hls.loadSource('https://cdn-a.example/v/main.m3u8');
  for (let waited = 0; segments === 0 && waited < 500; waited += 1) await new Promise((go) => setTimeout(go, 10));
  if (segments === 0) throw new Error(`${by} asked for no segment`);
  hls.destroy();
}

// what hls.js asks a browser for before it loads anything
globalThis.self = globalThis;
globalThis.location = { href: 'https://site.example/' };
globalThis.XMLHttpRequest = class {};
globalThis.MediaSource = class { static isTypeSupported() { return true; } };
globalThis.SourceBuffer = class { appendBuffer() {} remove() {} };

await commonMediaLibrary();
for (const version of [1, 2]) for (const useHeaders of [false, true]) await hlsJs(version, useHeaders);
process.exit(0);
