// Links in their worker processes: what one of them does never reaches another, and nothing is left of any.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { parseSrt } from '#dist/relay/srt/address.js';
import { SrtDial } from '#dist/relay/srt/dial.js';
import { LinkGroup } from '#dist/relay/srt/link-group.js';
import { WINDOW, type LinkRequest } from '#dist/relay/srt/messages.js';
import type { LinkEnd, WorkerLink } from '#dist/relay/srt/worker-link.js';
import { eventually } from '../../support/eventually.js';
import { fixture } from '../../support/fixtures.js';
import { freePort } from '../../support/live.js';
import { Journal } from '../../support/relay/journal.js';
import { relayOf } from '../../support/relay/relays.js';
import { isMedia, rtmpSink } from '../../support/relay/sink.js';
import { bound, feed, silentPeer, transmit } from '../../support/relay/srt.js';
import { isAlive, resources } from '../../support/resources.js';

const ts = readFileSync(fixture('plain.ts'));

/** A link and what it told. */
interface Linked {
  readonly link: WorkerLink;
  readonly told: Journal<{ readonly what: 'opening' | 'opened' | 'bytes' | 'end'; readonly end?: LinkEnd }>;
  readonly bytes: () => number;
}

/** A group whose processes end with the running test. */
function linkGroup(most: number, idle: number): LinkGroup {
  const group = new LinkGroup(most, idle);
  onTestFinished(() => {
    for (const pid of group.pids) process.kill(pid, 'SIGKILL');
  });
  return group;
}

function open(group: LinkGroup, request: Partial<LinkRequest> & Pick<LinkRequest, 'url'>): Linked {
  const told: Linked['told'] = new Journal();
  let count = 0;
  const link = group.open(
    { direction: 'in', options: {}, holdback: 0, ...request },
    {
      onOpening: () => told.push({ what: 'opening' }),
      onOpened: () => told.push({ what: 'opened' }),
      onBytes: (bytes) => {
        count += bytes.byteLength;
        told.push({ what: 'bytes' });
      },
      onTurn: () => undefined,
      onTurnedAway: () => undefined,
      onEnd: (end) => told.push({ what: 'end', end }),
    },
  );
  onTestFinished(async () => await link.close(false));
  return { link, told, bytes: () => count };
}

async function gone(pid: number): Promise<void> {
  await eventually(() => {
    expect(isAlive(pid), `process ${String(pid)}`).toBe(false);
  });
}

/** srt-live-transmit that listens, fed by the test. */
async function served(): Promise<{ readonly url: string; readonly run: Awaited<ReturnType<typeof feed>> }> {
  const port = await freePort('udp');
  const run = await feed(`srt://127.0.0.1:${String(port)}?mode=listener`);
  await bound(port);
  return { url: `srt://127.0.0.1:${String(port)}`, run };
}

test('links share a process until it is full, and it ends when it had none for a while', async () => {
  const group = linkGroup(2, 200);
  const port = await silentPeer();
  const links = [1, 2, 3].map(() => open(group, { url: `srt://127.0.0.1:${String(port)}` }));
  for (const { told } of links) await told.find(({ what }) => what === 'opening');
  const { pids } = group;
  expect(pids).toHaveLength(2);
  await Promise.all(links.map(({ link }) => link.close(false)));
  await Promise.all(pids.map(gone));
  expect(group.pids).toEqual([]);
  // Whoever ended them heard nothing more.
  for (const { told } of links) expect(told.items.map(({ what }) => what)).toEqual(['opening']);
});

test('a worker that is killed takes its own links with it, and no others', async () => {
  const group = linkGroup(1, 1000);
  const [one, other] = [await served(), await served()];
  const lost = open(group, { url: one.url });
  await lost.told.find(({ what }) => what === 'opened');
  const [pid = 0] = group.pids;
  const kept = open(group, { url: other.url });
  await kept.told.find(({ what }) => what === 'opened');
  process.kill(pid, 'SIGKILL');
  const { end } = await lost.told.find(({ what }) => what === 'end');
  expect(end?.exit?.signal).toBe('SIGKILL');
  expect(group.pids).not.toContain(pid);
  await other.run.send(ts.subarray(0, 100 * 1316));
  await kept.told.find(() => kept.bytes() >= 90 * 1316);
});

test('a relay whose worker is killed goes on in another one, in both directions', async () => {
  const [from, to] = [await freePort('udp'), await freePort('udp')];
  const source = await feed(`srt://127.0.0.1:${String(from)}?mode=listener`, 'again');
  const receiver = transmit(`srt://127.0.0.1:${String(to)}?mode=listener`, 'file://con', 'again');
  await Promise.all([bound(from), bound(to)]);
  const sink = await rtmpSink();
  const before = workers();
  const destinations = [sink.url, `srt://127.0.0.1:${String(to)}`];
  // Its peers miss it after five seconds, and answer nobody until then.
  const options = { publishEarly: true, connectTimeout: 2000 };
  const { relay, told, all, events } = relayOf(`srt://127.0.0.1:${String(from)}`, destinations, options);
  await events.find(() => all('connected').length === 2 && relay.status().origin.open);
  await source.send(ts);
  await sink.arrivals.count(20, isMedia);
  await receiver.sizes.find((bytes) => bytes > 10_000);
  const [pid = 0] = workers().filter((one) => !before.includes(one));
  process.kill(pid, 'SIGKILL');
  expect(await told('originLost')).toMatchObject({ error: { code: 'FR_RELAY_LOST' }, retryInMs: 0 });
  const lost = await told('lost');
  expect(lost).toMatchObject({ error: { code: 'FR_RELAY_LOST' }, retryInMs: 0 });
  expect(lost.error.message).toContain('the worker process of its link ended by SIGKILL');
  const size = receiver.received().byteLength;
  const count = sink.media().length;
  await events.find(() => all('connected').length === 3 && all('origin').length === 2, 'both to be back', 40_000);
  await source.send(ts);
  await sink.arrivals.count(count + 20, isMedia);
  await receiver.sizes.find((bytes) => bytes > size + 10_000);
  await gone(pid);
}, 60_000);

/** Processes of ours that host links. */
function workers(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const line = readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8');
        return /relay.srt.worker\.js/.test(line) && line.includes(`"parent":${String(process.pid)}}`);
      } catch {
        return false;
      }
    });
}

test('a process that dies takes its workers along', async () => {
  const port = String(await silentPeer());
  const script = `
    import { LinkGroup } from ${JSON.stringify(new URL('../../../dist/relay/srt/link-group.js', import.meta.url).href)};
    const group = new LinkGroup();
    const nothing = () => undefined;
    group.open(
      { direction: 'in', url: 'srt://127.0.0.1:${port}', options: { connect_timeout: '60000', timeout: '60000000' }, holdback: 0 },
      { onOpening: () => console.log(group.pids[0]), onOpened: nothing, onBytes: nothing, onTurn: nothing, onTurnedAway: nothing, onEnd: nothing },
    );`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  expect(isAlive(pid)).toBe(true);
  child.kill('SIGKILL');
  await gone(pid);
});

test('a process with idle workers ends by itself, and they with it', async () => {
  const href = JSON.stringify(new URL('../../../dist/relay/srt/link-group.js', import.meta.url).href);
  const script = `import { LinkGroup } from ${href}; const group = new LinkGroup(); group.warm(); console.log(group.pids[0]);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  expect(await exited).toEqual([0, null]);
  await gone(Number(line.toString()));
});

test('a hundred links in each direction leave nothing behind', async () => {
  const group = linkGroup(8, 60_000);
  const port = await freePort('udp');
  const listener = (): Linked =>
    open(group, { url: `srt://127.0.0.1:${String(port)}`, options: { mode: 'listener' }, direction: 'in' });
  const round = async (): Promise<void> => {
    const reader = listener();
    await reader.told.find(({ what }) => what === 'opening');
    await bound(port);
    const writer = open(group, { url: `srt://127.0.0.1:${String(port)}`, direction: 'out' });
    await reader.told.find(({ what }) => what === 'opened');
    await writer.told.find(({ what }) => what === 'opened');
    writer.link.write(Buffer.alloc(1316, 0x47));
    await Promise.all([writer.link.close(true), reader.link.close(false)]);
  };
  for (let i = 0; i < 5; i++) await round();
  const [pid = 0] = group.pids;
  const count = (): number[] => [
    readdirSync(`/proc/${String(pid)}/fd`).length,
    readdirSync(`/proc/${String(pid)}/task`).length,
    resources().descriptors,
  ];
  const [files = 0, threads = 0, own = 0] = count();
  for (let i = 0; i < 100; i++) await round();
  const [filesAfter = 0, threadsAfter = 0, ownAfter = 0] = count();
  expect(group.pids).toEqual([pid]);
  // libsrt closes in threads of its own, a few at a time.
  expect(filesAfter).toBeLessThanOrEqual(files + 4);
  expect(threadsAfter).toBeLessThanOrEqual(threads + 6);
  expect(ownAfter).toBeLessThanOrEqual(own + 2);
}, 120_000);

test('a link whose reader does not read holds up no other, and no memory', async () => {
  const group = linkGroup(8, 1000);
  const [one, other] = [await served(), await served()];
  const slow = open(group, { url: one.url });
  const quick = open(group, { url: other.url });
  await slow.told.find(({ what }) => what === 'opened');
  await quick.told.find(({ what }) => what === 'opened');
  slow.link.pause();
  const much = Buffer.concat(new Array<Buffer>(Math.ceil((2 * WINDOW.in) / ts.byteLength)).fill(ts));
  const sent = Math.floor(much.byteLength / 1316) * 1316;
  await Promise.all([one.run.send(much), other.run.send(much)]);
  await quick.told.find(() => quick.bytes() > sent * 0.9);
  expect(slow.bytes()).toBe(0);
  slow.link.resume();
  // Nothing beyond the window was taken from libsrt meanwhile.
  expect(slow.bytes()).toBeLessThanOrEqual(WINDOW.in + 2000);
  expect(slow.bytes()).toBeGreaterThan(WINDOW.in / 2);
  const before = slow.bytes();
  await one.run.send(ts.subarray(0, 50 * 1316));
  await slow.told.find(() => slow.bytes() > before);
}, 60_000);

test('a receiver that takes nothing is seen by what waits for it, and holds up no other', async () => {
  const group = linkGroup(8, 1000);
  const receivers = await Promise.all(
    [1, 2].map(async () => {
      const port = await freePort('udp');
      const run = transmit(`srt://127.0.0.1:${String(port)}?mode=listener&tlpktdrop=0`, 'file://con');
      await bound(port);
      const linked = open(group, {
        direction: 'out',
        url: `srt://127.0.0.1:${String(port)}`,
        options: { tlpktdrop: '0', sndbuf: '150000' },
      });
      await linked.told.find(({ what }) => what === 'opened');
      return { run, ...linked };
    }),
  );
  const [stuck, good] = receivers;
  if (stuck === undefined || good === undefined) throw new Error('There are two');
  stuck.run.child.kill('SIGSTOP');
  const piece = Buffer.alloc(20 * 1316, 0x47);
  for (let i = 0; i < 60; i++) for (const { link } of receivers) link.write(piece);
  await good.run.sizes.find((bytes) => bytes > 50 * piece.byteLength);
  expect(good.link.queued).toBe(0);
  expect(good.link.sent).toBe(60 * piece.byteLength);
  expect(stuck.link.queued).toBeGreaterThan(20 * piece.byteLength);
  expect(stuck.link.sent + stuck.link.queued).toBe(60 * piece.byteLength);
  // It can be ended all the same.
  const began = performance.now();
  await stuck.link.close(false);
  expect(performance.now() - began).toBeLessThan(3000);
}, 60_000);

test('a worker that hangs is missed by whoever dials, and killed when it does not let go', async () => {
  const group = linkGroup(8, 60_000);
  const other = open(group, { url: `srt://127.0.0.1:${String(await silentPeer())}` });
  await other.told.find(({ what }) => what === 'opening');
  const [pid = 0] = group.pids;
  process.kill(pid, 'SIGSTOP');
  const errors: string[] = [];
  const address = parseSrt('from', `srt://127.0.0.1:${String(await silentPeer())}?mode=listener`);
  const ended = new Journal<number>();
  const dial = new SrtDial({
    ...{ address, direction: 'in', timeout: 500, group },
    onAccepted: () => undefined,
    onBytes: () => undefined,
    onTurn: () => undefined,
    onWarning: () => undefined,
    onEnd: ({ code }) => {
      errors.push(code);
      ended.push(performance.now());
    },
  });
  await ended.find(() => true);
  expect(errors).toEqual(['FR_RELAY_TIMEOUT']);
  await dial.close(false);
  const { end } = await other.told.find(({ what }) => what === 'end');
  expect(end?.exit?.signal).toBe('SIGKILL');
  await gone(pid);
  expect(group.pids).toEqual([]);
}, 30_000);
