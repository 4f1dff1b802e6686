// Status, metrics, page and control over HTTP: read by everybody who reaches it, changed by whoever has the token.
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import type { Relays, RelaysStatus } from '#dist/relay/index.js';
import { failure } from '../../support/failure.js';
import { freePort } from '../../support/live.js';
import { httpViewer, relaysOf } from '../../support/relay/many.js';
import { rtmpOrigin } from '../../support/relay/origin.js';
import { rtmpSink } from '../../support/relay/sink.js';
import { stream } from '../../support/relay/stream.js';
import { audioHeader, metadata, videoHeader } from '../../support/relay/tags.js';

const TOKEN = 'a-token-that-is-long-enough';

async function served(config: object = {}): Promise<{ relays: Relays; sink: Awaited<ReturnType<typeof rtmpSink>> }> {
  const origin = await rtmpOrigin(async (player) => {
    player.send(metadata(), videoHeader(), audioHeader());
    await player.pace(stream({ length: 60_000 }));
  });
  const sink = await rtmpSink();
  const { relays, told } = await relaysOf({
    ...{ http: 0, processes: 1, ...config },
    relays: {
      live: { from: origin.url, to: [sink.url, sink.url.replace('hidden-key', 'other-key')] },
      '<b>"x"': { from: 'rtmp://127.0.0.1:9/live/secret-key', onDemand: true },
      broken: { from: 'nonsense' },
    },
  });
  await told('live', 'picture');
  return { relays, sink };
}

const ask = async (relays: Relays, path: string, options: RequestInit = {}): Promise<Response> =>
  await fetch(`http://${relays.http!}${path}`, options);

test('/status and /metrics tell of all relays, without secrets', async () => {
  const { relays } = await served();
  const answer = await ask(relays, '/status');
  expect(answer.headers.get('content-type')).toContain('application/json');
  expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  const text = await answer.text();
  expect(JSON.parse(text)).toMatchObject({
    ...{ http: relays.http, viewers: 0, processes: [{ pid: process.pid, relays: 2, deaths: 0 }] },
    problems: [{ relay: 'broken', code: 'FR_ARG_INVALID' }],
    relays: [
      { name: '<b>"x"', state: 'idle', relay: null },
      { name: 'broken', state: 'wrong', error: { code: 'FR_ARG_INVALID' } },
      { name: 'live', state: 'running', relay: { ready: 'both streams', destinations: [{ id: 1 }, { id: 2 }] } },
    ],
  });
  expect(text).not.toMatch(/secret-key|hidden-key|other-key/);

  // What is counted is carried over now and then.
  const inward = 'framerail_relay_tags_total{relay="live",direction="in"} ';
  await expect.poll(async () => await (await ask(relays, '/metrics')).text(), { timeout: 5000 }).toContain(inward);
  const metrics = await ask(relays, '/metrics');
  expect(metrics.headers.get('content-type')).toContain('version=0.0.4');
  const lines = (await metrics.text()).split('\n');
  expect(lines).toContain('framerail_relays{state="running"} 1');
  expect(lines).toContain('framerail_relays{state="wrong"} 1');
  expect(lines).toContain('framerail_relay_origin_up{relay="live"} 1');
  expect(lines).toContain('framerail_relay_origin_up{relay="<b>\\"x\\""} 0');
  expect(
    lines.find((line) => line.startsWith('framerail_relay_step_seconds_count{side="origin",step="ready"}')),
  ).toMatch(/ 1$/);
  // Every line is a comment, or a name with labels and a number.
  for (const line of lines.filter((one) => one !== '' && !one.startsWith('#')))
    expect(line).toMatch(/^[a-z_]+(\{([a-z]+="([^"\\]|\\.)*",?)*\})? -?[\d.e+-]+$/);
  for (const family of lines.filter((one) => one.startsWith('# TYPE')))
    expect(lines.filter((one) => one === family)).toHaveLength(1);
});

test.each([1, 2])(
  '/history has the past of relays in %d processes, second by second or minute by minute',
  async (processes) => {
    const { relays } = await served({ processes });
    const past = async (query: string): Promise<{ status: number; body: unknown }> => {
      const answer = await ask(relays, `/history${query}`);
      return { status: answer.status, body: await answer.json() };
    };
    const name = 'live';
    // A second has to be over.
    const samples = async (): Promise<number> => (await relays.history(name, 'second')).length;
    await expect.poll(samples, { timeout: 10_000 }).toBeGreaterThan(1);
    const sample = { at: expect.any(Number), live: 2, dropped: 0, videoBitsPerSecond: expect.any(Number) };
    const { status, body } = await past('?relay=live');
    expect([status, body]).toMatchObject([200, { step: 'second', relays: [{ name }] }]);
    expect((body as { relays: [{ samples: unknown[] }] }).relays[0].samples.at(-1)).toMatchObject(sample);
    const idle = { name: '<b>"x"', samples: [] };
    expect(await past('?step=minute')).toMatchObject({
      body: { step: 'minute', relays: expect.arrayContaining([idle, { name, samples: [] }]) },
    });
    for (const wrong of ['?step=hour', '?relay=nobody', '?relay=live&relay=nobody'])
      expect(await past(wrong)).toMatchObject({ status: 400, body: { error: { code: 'FR_ARG_INVALID' } } });
    await expect(relays.history('nobody', 'minute')).rejects.toMatchObject({ code: 'FR_ARG_INVALID' });
  },
);

test('the page needs nothing from elsewhere, is allowed nothing else, and shows names as text', async () => {
  const { relays } = await served();
  const answer = await ask(relays, '/');
  const html = await answer.text();
  const policy = answer.headers.get('content-security-policy') ?? '';
  const script = /<script>([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
  const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? '';
  const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  expect(policy).toContain(`script-src ${hash(script)};`);
  expect(policy).toContain(`style-src ${hash(style)};`);
  expect(policy).toContain("default-src 'none'");
  expect(html).not.toMatch(/(src|href)\s*=|https?:/);
  expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacent|document\.write|eval/);

  // The script, with as much of a document as it uses.
  interface Node {
    readonly name: string;
    textContent: string;
    className: string;
    children: Node[];
  }
  const element = (name: string): Node & object => {
    const node = {
      ...{ name, textContent: '', className: '', children: [] as Node[] },
      append: (...more: Node[]) => void node.children.push(...more),
      replaceChildren: (...more: Node[]) => void (node.children = more),
    };
    return node;
  };
  const parts = new Map<string, Node>(['summary', 'problems', 'relays'].map((id) => [id, element('div')]));
  await new Promise<void>((resolve) => {
    runInNewContext(script, {
      document: { getElementById: (id: string) => parts.get(id), createElement: element },
      fetch: async (path: string) => await ask(relays, `/${path}`),
      setTimeout: () => resolve(),
      Math,
      String,
    });
  });
  const textOf = (node: Node | undefined): string =>
    node === undefined ? '' : [node.textContent, ...node.children.map(textOf)].join(' ').replace(/\s+/g, ' ').trim();
  expect(textOf(parts.get('summary'))).toMatch(/^1 of 3 relays live, 0 viewers, 1 process, up 0 min$/);
  expect(textOf(parts.get('problems'))).toMatch(/^broken: Expected an address/);
  const rows = parts.get('relays')?.children ?? [];
  expect(rows.map(textOf)).toEqual([
    expect.stringMatching(/^<b>"x" idle, on demand/),
    expect.stringMatching(/^broken .* wrong/),
    expect.stringMatching(/^live live h264 640×360 aac [\d.]+ [kM]b\/s -?[\d.]+ s rtmp:\S+ live rtmp:\S+ live 0$/),
  ]);
});

test('with the token relays are started, stopped and given destinations; without it nothing is changed', async () => {
  const { relays, sink } = await served({ token: TOKEN });
  const post = async (path: string, body?: unknown, token = TOKEN, method = 'POST'): Promise<Response> =>
    await ask(relays, path, {
      ...{ method, headers: { authorization: `Bearer ${token}` } },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  expect((await ask(relays, '/relays/live/stop', { method: 'POST' })).status).toBe(401);
  expect((await post('/relays/live/stop', undefined, `${TOKEN}x`)).status).toBe(401);
  expect((await post('/relays/none/stop')).status).toBe(404);
  expect((await post('/relays/live/explode')).status).toBe(404);
  expect((await post('/relays/live/stop', undefined, TOKEN, 'PUT')).status).toBe(405);

  const added = await post('/relays/live/destinations', { to: sink.url.replace('hidden-key', 'third') });
  expect([added.status, await added.json()]).toEqual([200, { id: 3 }]);
  await sink.accepted.find(({ connection }) => connection.key === 'third');
  for (const body of ['{', '{}', '{"to":1}', `{"to":"ftp://x/hidden-key"}`, 'x'.repeat(20_000)]) {
    const answer = await post('/relays/live/destinations', body);
    expect(answer.status, body.slice(0, 30)).toBe(400);
    expect(await answer.json()).toMatchObject({
      error: { code: 'FR_ARG_INVALID', message: expect.not.stringContaining('hidden-key') },
    });
  }
  expect((await post('/relays/live/destinations/3', undefined, TOKEN, 'DELETE')).status).toBe(200);
  expect((await post('/relays/live/destinations/3', undefined, TOKEN, 'DELETE')).status).toBe(404);

  const state = async (): Promise<string | undefined> =>
    ((await (await ask(relays, '/status')).json()) as RelaysStatus).relays.find(({ name }) => name === 'live')?.state;
  expect((await post('/relays/live/stop')).status).toBe(200);
  await expect.poll(state).toBe('stopped');
  const viewer = await ask(relays, '/live/live.flv');
  expect([viewer.status, await viewer.text()]).toEqual([503, 'The relay does not run.\n']);
  expect((await post('/relays/live/destinations', { to: sink.url })).status).toBe(409);
  expect((await post('/relays/live/start')).status).toBe(200);
  await expect.poll(state).toBe('running');
});

test('without a token in the configuration nothing is controlled at all', async () => {
  const { relays } = await served();
  for (const authorization of ['', 'Bearer ', 'Bearer undefined']) {
    const answer = await ask(relays, '/relays/live/stop', { method: 'POST', headers: { authorization } });
    expect(answer.status).toBe(403);
  }
});

test('whoever dawdles with a request is cut off, and others are served meanwhile', async () => {
  const { relays } = await served();
  const [host = '', port = ''] = relays.http!.split(':');
  const sockets = Array.from({ length: 20 }, () => {
    const socket = connect(Number(port), host);
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => undefined).resume();
    socket.write('GET /status HTTP/1.1\r\nHost:');
    return socket;
  });
  const ends = sockets.map(async (socket) => await new Promise((resolve) => socket.once('close', resolve)));
  expect((await ask(relays, '/status')).status).toBe(200);
  await Promise.all(ends);
  const long = await ask(relays, '/status', { headers: { 'x-long': 'y'.repeat(20_000) } });
  expect(long.status).toBe(431);
});

test('a port that is taken refuses the configuration; another one is moved to, and the old one is given up', async () => {
  const { relays } = await served();
  const taken = relays.http!;
  const second = await failure(async () => await relaysOf({ http: taken, relays: {} }));
  expect(second).toMatchObject({
    code: 'FR_RELAY_CONNECT',
    message: `${taken} cannot be listened on: the port is taken.`,
  });
  const port = await freePort('tcp');
  expect(await relays.reload({ http: port, processes: 1, relays: {} })).toMatchObject({ removed: 2 });
  expect(relays.http).toBe(`127.0.0.1:${String(port)}`);
  expect((await ask(relays, '/status')).status).toBe(200);
  await expect(fetch(`http://${taken}/status`)).rejects.toThrow();
  // Another address of the same port takes its place; one that this machine lacks leaves all as it was.
  await relays.reload({ http: `0.0.0.0:${String(port)}`, processes: 1, relays: {} });
  expect(relays.http).toBe(`0.0.0.0:${String(port)}`);
  const absent = { http: `192.0.2.1:${String(port)}`, processes: 1, relays: {} };
  expect(await failure(async () => await relays.reload(absent))).toMatchObject({ code: 'FR_RELAY_CONNECT' });
  expect(await httpViewer(`127.0.0.1:${String(port)}`, '/status').head).toContain('200 OK');
  await relays.reload({ processes: 1, relays: {} });
  expect(relays.http).toBeUndefined();
});
