// Addresses that come as data: every spelling of every place that they must not lead to, and the ways that stay open.
import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isFramerailError } from '#dist/base/index.js';
import {
  addressKind,
  checkAllowHosts,
  createAddressPolicy,
  type AddressPolicy,
  type Resolver,
} from '#dist/net/index.js';

const HTTP = ['http:', 'https:'];
const policyOf = (operatorHosts: string[] = [], allowHosts: string[] = [], resolve?: Resolver): AddressPolicy =>
  createAddressPolicy({ operatorHosts, allowHosts, resolve });

/** Names and what they resolve to: the first list at first, the last one from then on. */
function names(table: Record<string, string[][]>): { readonly resolve: Resolver; readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    resolve: (host, _options, answer) => {
      const times = asked.filter((one) => one === host).length;
      asked.push(host);
      const list = table[host]?.[Math.min(times, table[host].length - 1)] ?? [];
      const found = list.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
      queueMicrotask(() => {
        if (found.length > 0) answer(null, found);
        else answer(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), []);
      });
    },
  };
}

async function resolved(policy: AddressPolicy, host: string): Promise<string[]> {
  return await new Promise((resolve, reject) => {
    policy.lookup(host, { all: true }, (error, found) => {
      if (error !== null) reject(error);
      else resolve((found as { address: string }[]).map(({ address }) => address));
    });
  });
}

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (isFramerailError(error) && error.code === 'FR_ADDRESS_REFUSED') return error.message;
    throw error;
  }
  throw new Error('it was not refused');
}

/** What no host is, in every spelling: as a literal of HTTP, and as what a name leads to. */
const REFUSED: readonly (readonly [string, string])[] = [
  ['127.0.0.1', 'loopback'],
  ['127.1', 'loopback'],
  ['2130706433', 'loopback'],
  ['0x7f.1', 'loopback'],
  ['0x7f000001', 'loopback'],
  ['0177.0.0.1', 'loopback'],
  ['127.0.0.1.', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['[::1]', 'loopback'],
  ['[0:0:0:0:0:0:0:1]', 'loopback'],
  ['[::ffff:127.0.0.1]', 'loopback'],
  ['[::ffff:7f00:1]', 'loopback'],
  ['[64:ff9b::7f00:1]', 'loopback'],
  ['[64:ff9b::127.0.0.1]', 'loopback'],
  ['0.0.0.0', 'unspecified'],
  ['0', 'unspecified'],
  ['0.1.2.3', 'unspecified'],
  ['[::]', 'unspecified'],
  ['[::ffff:0.0.0.0]', 'unspecified'],
  ['10.0.0.1', 'private'],
  ['10.255.255.255', 'private'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.168.1.1', 'private'],
  ['3232235777', 'private'],
  ['[fd00::1]', 'private'],
  ['[fc00::1]', 'private'],
  ['[fec0::1]', 'private'],
  ['[::ffff:10.0.0.1]', 'private'],
  ['[64:ff9b::a00:1]', 'private'],
  ['100.64.0.1', 'shared'],
  ['100.127.255.255', 'shared'],
  ['169.254.1.1', 'link-local'],
  ['[fe80::1]', 'link-local'],
  ['169.254.169.254', 'metadata'],
  ['2852039166', 'metadata'],
  ['[::ffff:a9fe:a9fe]', 'metadata'],
  ['[fd00:ec2::254]', 'metadata'],
  ['100.100.100.200', 'metadata'],
  ['168.63.129.16', 'metadata'],
  ['224.0.0.1', 'multicast'],
  ['239.255.255.250', 'multicast'],
  ['[ff02::1]', 'multicast'],
  ['255.255.255.255', 'broadcast'],
  ['4294967295', 'broadcast'],
  ['192.0.2.1', 'documentation'],
  ['198.51.100.1', 'documentation'],
  ['203.0.113.1', 'documentation'],
  ['[2001:db8::1]', 'documentation'],
  ['[3fff::1]', 'documentation'],
  ['[2002:7f00:1::]', 'transition'],
  ['[2002:808:808::]', 'transition'],
  ['[2001:0:808:808::1]', 'transition'],
  ['[::7f00:1]', 'transition'],
  ['[64:ff9b:1::a00:1]', 'transition'],
  ['192.88.99.1', 'transition'],
  ['192.0.0.1', 'reserved'],
  ['198.18.0.1', 'reserved'],
  ['240.0.0.1', 'reserved'],
  ['[2001:2::1]', 'reserved'],
  ['[100::1]', 'reserved'],
  ['[5f00::1]', 'reserved'],
];
const PUBLIC = ['8.8.8.8', '172.32.0.1', '100.128.0.1', '[2606:4700::1111]', '[::ffff:8.8.8.8]', '[64:ff9b::808:808]'];

describe('a literal address', () => {
  test.each(REFUSED)('%s is %s and refused, in HTTP and in schemes that URL does not read', (host, kind) => {
    expect(addressKind(host)).toBe(kind);
    expect(refusal(() => policyOf().check(`http://${host}/x`, HTTP))).toContain('`allowHosts`');
    expect(refusal(() => policyOf().check(`rtsp://${host}/x`, ['rtsp:']))).toContain('`allowHosts`');
  });

  test.each(PUBLIC)('%s is public', (host) => {
    expect(addressKind(host)).toBe('public');
    expect(policyOf().check(`http://${host}/x`, HTTP).pathname).toBe('/x');
  });

  test('is the same however its number is written', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), (number) => {
        const [a, b, c, d] = [number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255];
        const kind = addressKind(`${a}.${b}.${c}.${d}`);
        const hex = number.toString(16).padStart(8, '0');
        const others = [
          String(number),
          `0x${hex}`,
          `0${number.toString(8)}`,
          `${a}.${number & 0xffffff}`,
          `0x${a.toString(16)}.0${b.toString(8)}.${c * 256 + d}`,
          `::ffff:${hex.slice(0, 4)}:${hex.slice(4)}`,
          `[64:ff9b::${a}.${b}.${c}.${d}]`,
        ];
        expect(others.map(addressKind)).toEqual(others.map(() => kind));
      }),
    );
  });

  test.each(['1.2.3.4.5', '256.1.1.1', '1.2.3.256', '::1::', '1:2:3:4:5:6:7', '09.1.1.1', 'a.example', '', '12345::'])(
    '%s is none',
    (text) => {
      expect(addressKind(text)).toBeUndefined();
    },
  );
});

describe('an address as a text', () => {
  test.each([
    ['file:///etc/passwd', HTTP],
    ['concat:http://a/x|file:///etc/passwd', HTTP],
    ['subfile,,start,0,end,9,,:/etc/passwd', HTTP],
    ['data:text/plain,x', HTTP],
    ['crypto:http://8.8.8.8/x', HTTP],
    ['unix:/run/docker.sock', HTTP],
    ['fd:0', HTTP],
    ['pipe:0', HTTP],
    ['ftp://8.8.8.8/x', HTTP],
    ['https://8.8.8.8/x', ['http:']],
    ['http://user@8.8.8.8/', HTTP],
    ['http://user:word@8.8.8.8/', HTTP],
    ['http://8.8.8.8\\@10.0.0.1/', HTTP],
    ['http:\\\\10.0.0.1/', HTTP],
    ['ht\ntp://8.8.8.8/', HTTP],
    ['http://8.8.8.8\t/', HTTP],
    ['http://', HTTP],
    ['//', HTTP],
    ['rtsp://%31%32%37.0.0.1/', ['rtsp:']],
    ['rtsp:/no-host', ['rtsp:']],
    ['http://8.8.8.8:25/', HTTP],
    ['https://media.example:6379', ['rtsp:']],
    ['http://media.example:6667/', HTTP],
  ])('%j is refused', (text, schemes) => {
    expect(refusal(() => policyOf().check(text, schemes))).toMatch(/^[^\n]*refused[^\n]*\.$/);
  });

  test('says neither path nor query nor password when it is refused', () => {
    const shown = refusal(() => policyOf().check('http://me:word@10.0.0.1/key?token=1', HTTP));
    expect(shown).toContain('10.0.0.1');
    for (const secret of ['word', 'key', 'token']) expect(shown).not.toContain(secret);
  });

  test('is read beside its base, without whoever that names', () => {
    const base = new URL('http://me:word@media.example/live/a.m3u8?token=1');
    const url = policyOf(['media.example']).check('b.ts', HTTP, base);
    expect(url.href).toBe('http://media.example/live/b.ts');
    expect(base.username).toBe('me');
    expect(policyOf().check('//8.8.8.8/b.ts', HTTP, base).href).toBe('http://8.8.8.8/b.ts');
    refusal(() => policyOf().check('//10.0.0.1/b.ts', HTTP, base));
    refusal(() => policyOf().check('file:b.ts', HTTP, base));
  });
});

describe('the operator', () => {
  test('may mean any host himself, and that one only', () => {
    const policy = policyOf(['10.0.0.5', '[::1]']);
    expect(policy.check('http://10.0.0.5:6667/x', HTTP).port).toBe('6667');
    expect(policy.check('http://[::1]/x', HTTP).hostname).toBe('[::1]');
    refusal(() => policy.check('http://10.0.0.6/x', HTTP));
    refusal(() => policy.check('http://127.0.0.1/x', HTTP));
  });

  test.each([
    ['10.0.0.6', '10.0.0.6'],
    ['10.0.0.0/8', '10.0.0.6'],
    ['10.0.0.0/8', '[::ffff:10.0.0.6]'],
    ['fd00::/8', '[fd00::9]'],
    ['::1', '[::1]'],
    ['0.0.0.0/0', '127.0.0.1'],
  ])('who lists %s opens %s', (entry, host) => {
    expect(policyOf([], [entry]).check(`http://${host}/x`, HTTP).pathname).toBe('/x');
    refusal(() => policyOf([], ['172.16.0.0/12']).check(`http://${host}/x`, HTTP));
  });

  test('who lists a name opens where it leads, also below it where he says so', async () => {
    const { resolve } = names({ 'a.media.internal': [['10.0.0.6']], 'other.internal': [['10.0.0.6']] });
    const policy = policyOf([], ['*.media.internal'], resolve);
    expect(await resolved(policy, 'A.media.internal.')).toEqual(['10.0.0.6']);
    await expect(resolved(policy, 'other.internal')).rejects.toThrow(
      /other\.internal leads to 10\.0\.0\.6.*allowHosts/,
    );
    const byRange = policyOf([], ['10.0.0.0/24'], resolve);
    expect(await resolved(byRange, 'other.internal')).toEqual(['10.0.0.6']);
  });

  test.each([
    [['10.0.0.0/33']],
    [['10.0.0/8x']],
    [['']],
    [[7]],
    [['a b']],
    [['http://x/']],
    ['x'],
    [['256.0.0.1']],
    [['x..y']],
  ])('is told when %j opens nothing', (value) => {
    expect(() => checkAllowHosts('allowHosts', value)).toThrow(/^Expected .* for `allowHosts/);
  });

  test('may write names of any script', () => {
    expect(
      checkAllowHosts('allowHosts', ['*.bücher.example', 'my_host', '10.0.0.0/8', '[::1]', 'fd00::/8']),
    ).toHaveLength(5);
    expect(checkAllowHosts('allowHosts', undefined)).toEqual([]);
  });
});

describe('a name', () => {
  test('is dialled where it is permitted only, whatever families it has', async () => {
    const { resolve } = names({
      'mixed.example': [['10.0.0.1', '8.8.8.8', '::1', '2606:4700::1111', '::ffff:127.0.0.1']],
      'inside.example': [['::1', '127.0.0.1']],
      'zone.example': [['fe80::1%eth0']],
    });
    const policy = policyOf([], [], resolve);
    expect(await resolved(policy, 'mixed.example')).toEqual(['8.8.8.8', '2606:4700::1111']);
    await expect(resolved(policy, 'inside.example')).rejects.toMatchObject({ code: 'FR_ADDRESS_REFUSED' });
    await expect(resolved(policy, 'zone.example')).rejects.toMatchObject({ code: 'FR_ADDRESS_REFUSED' });
    await expect(resolved(policy, 'nobody.example')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  test('of the system is resolved too, in spellings that only resolvers read', async () => {
    for (const host of ['localhost', '127.1', '0x7f.1'])
      await expect(resolved(policyOf(), host)).rejects.toMatchObject({ code: 'FR_ADDRESS_REFUSED' });
    expect(await resolved(policyOf(['localhost']), 'localhost')).not.toEqual([]);
  });

  test('that was public does not become private, also where the operator wrote it', async () => {
    const { resolve } = names({
      'origin.example': [['8.8.8.8'], ['10.0.0.1']],
      'inner.example': [['10.0.0.1'], ['10.0.0.2']],
    });
    const policy = policyOf(['origin.example', 'inner.example'], [], resolve);
    expect(await resolved(policy, 'origin.example')).toEqual(['8.8.8.8']);
    await expect(resolved(policy, 'origin.example')).rejects.toMatchObject({ code: 'FR_ADDRESS_REFUSED' });
    expect(await resolved(policy, 'inner.example')).toEqual(['10.0.0.1']);
    expect(await resolved(policy, 'inner.example')).toEqual(['10.0.0.2']);
  });
});

describe('a connection', () => {
  async function listener(): Promise<{ readonly port: number; readonly connections: () => number }> {
    let count = 0;
    const server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
    server.on('connection', () => (count += 1));
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return { port: (server.address() as AddressInfo).port, connections: () => count };
  }

  test('goes to the address that was checked, which is asked for once', async () => {
    const { port } = await listener();
    const { resolve, asked } = names({ 'rebound.example': [['127.0.0.1'], ['169.254.169.254']] });
    const policy = policyOf([], ['127.0.0.1'], resolve);
    const asking = request({ host: 'rebound.example', port, lookup: policy.lookup, agent: false }).end();
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    expect(response.socket.remoteAddress).toBe('127.0.0.1');
    expect(asked).toEqual(['rebound.example']);
    response.resume();
  });

  test('to what is refused is never made', async () => {
    const { port, connections } = await listener();
    const { resolve } = names({ 'evil.example': [['127.0.0.1']] });
    const { lookup } = policyOf([], [], resolve);
    const asking = request({ host: 'evil.example', port, lookup, agent: false }).end();
    const [error] = await once(asking, 'error', { signal: AbortSignal.timeout(5000) }).catch((thrown: unknown) => [
      thrown,
    ]);
    expect(error).toMatchObject({ code: 'FR_ADDRESS_REFUSED' });
    expect(connections()).toBe(0);
  });

  test('that got elsewhere, past the resolver, is cut before anything is said', async () => {
    const { port } = await listener();
    const socket = connect({ host: '127.0.0.1', port });
    policyOf().guard(socket, 'cdn.example');
    const said: string[] = [];
    socket.on('connect', () => said.push(socket.destroyed ? 'cut' : 'open'));
    const error = await new Promise((resolve) => socket.once('error', resolve));
    expect(error).toMatchObject({ code: 'FR_ADDRESS_REFUSED' });
    expect(said).toEqual(['cut']);
    const kept = connect({ host: '127.0.0.1', port });
    await once(kept, 'connect');
    policyOf(['127.0.0.1']).guard(kept, '127.0.0.1');
    expect(kept.destroyed).toBe(false);
    policyOf().guard(kept, 'cdn.example');
    expect(kept.destroyed).toBe(true);
    await new Promise((resolve) => kept.once('error', resolve));
  });
});
