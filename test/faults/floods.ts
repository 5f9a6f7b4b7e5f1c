/** Floods of frames, and peers that send or read next to nothing: each on one connection, at a server with TLS and at one without. */
import protobuf from 'protobufjs';
import { testBearer } from '../support/mesh-secret.ts';
import { endHeaders, endStream, frame, headerBlock, inferHeaders } from '../support/raw-http2.ts';
import { RawPeer, type RawPeerOptions } from './frames.ts';
import { patienceMs, sleep, type Target } from './target.ts';

export interface Flood {
  readonly name: string;
  readonly fault: string;
  readonly isExtra?: boolean;
  readonly options?: RawPeerOptions;
  /** Sends until the connection is closed or it has nothing more. `scale` is 1 in full, less in tests. */
  readonly send: (peer: RawPeer, scale: number) => Promise<unknown>;
  /** What a decent caller sends alike, beforehand: what a server keeps for that is not the flood's. */
  readonly decent?: (peer: RawPeer) => Promise<unknown>;
}

const block = headerBlock([...inferHeaders(), testBearer]);
const none = Buffer.alloc(0);
const idOf = (index: number): number => 1 + 2 * index;
const open = (id: number, flags = endHeaders): Buffer => frame('headers', flags, id, block);
const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const cancel = 8;

/** So many frames in one write. */
const bundle = (count: number, make: (index: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, index) => make(index)));
/** `total` frames, a hundred in each write. */
const many = (peer: RawPeer, total: number, make: (index: number) => Buffer): Promise<number> =>
  peer.flood(Math.ceil(total / 100), (at) => bundle(100, (index) => make(at * 100 + index)));
/** The same frame, `total` times, a thousand in each write. */
function same(peer: RawPeer, total: number, one: Buffer): Promise<number> {
  const thousand = bundle(1_000, () => one);
  return peer.flood(Math.ceil(total / 1_000), () => thousand);
}
/** The same, but never more at once than the answers that nghttp2 lets wait. */
async function paced(peer: RawPeer, total: number, one: Buffer): Promise<void> {
  const hundred = bundle(100, () => one);
  for (let sent = 0; sent < total && (await peer.write(hundred)); sent += 100) await sleep(1);
}

/** A header block of any length, in frames of 16 KiB. */
function headersOf(id: number, long: Buffer): Buffer {
  const parts = Array.from({ length: Math.ceil(long.length / 16_384) }, (_, index) =>
    long.subarray(index * 16_384, (index + 1) * 16_384),
  );
  return Buffer.concat(
    parts.map((part, index) =>
      frame(index === 0 ? 'headers' : 'continuation', index === parts.length - 1 ? endHeaders : 0, id, part),
    ),
  );
}

/** A whole request, whose answer is as large. */
function largeCall(id: number, bytes: number): Buffer {
  const writer = protobuf.Writer.create().uint32(0x0a).string('bytes');
  writer.uint32(0x2a).fork().uint32(0x0a).string('x').uint32(0x12).string('UINT8');
  writer.uint32(0x1a).fork().uint32(bytes).ldelim().ldelim();
  const message = Buffer.from(writer.uint32(0x3a).bytes(new Uint8Array(bytes)).finish());
  const body = Buffer.concat([Buffer.from([0]), number(message.length), message]);
  const parts = Math.ceil(body.length / 16_384);
  return Buffer.concat([
    open(id),
    bundle(parts, (index) =>
      frame('data', index === parts - 1 ? endStream : 0, id, body.subarray(index * 16_384, (index + 1) * 16_384)),
    ),
  ]);
}

export const floods: readonly Flood[] = [
  {
    name: 'rapid-reset',
    fault: '20,000 calls that are reset as they are opened',
    send: (peer, scale) =>
      many(peer, 20_000 * scale, (at) =>
        Buffer.concat([open(idOf(at)), frame('rstStream', 0, idOf(at), number(cancel))]),
      ),
  },
  {
    name: 'made-reset',
    isExtra: true,
    fault: '20,000 calls that the server has to reset (WINDOW_UPDATE of 0)',
    send: (peer, scale) =>
      many(peer, 20_000 * scale, (at) =>
        Buffer.concat([open(idOf(at)), frame('windowUpdate', 0, idOf(at), number(0))]),
      ),
  },
  {
    name: 'continuation',
    fault: '100,000 CONTINUATION frames',
    send: async (peer, scale) => {
      await peer.write(frame('headers', 0, 1, block));
      await same(peer, 100_000 * scale, frame('continuation', 0, 1, Buffer.from([0, 1, 97, 1, 98])));
    },
  },
  {
    name: 'settings',
    fault: '100,000 SETTINGS, their answers read',
    send: (peer, scale) => paced(peer, 100_000 * scale, frame('settings', 0, 0, none)),
  },
  {
    name: 'ping',
    fault: '100,000 PINGs, their answers read',
    send: (peer, scale) => paced(peer, 100_000 * scale, frame('ping', 0, 0, Buffer.alloc(8))),
  },
  {
    name: 'empty-data',
    fault: '100,000 DATA frames without data',
    send: async (peer, scale) => {
      await peer.write(open(1));
      await same(peer, 100_000 * scale, frame('data', 0, 1, none));
    },
  },
  {
    name: 'window-update',
    isExtra: true,
    fault: 'up to 5,000,000 WINDOW_UPDATEs',
    send: (peer) => same(peer, 5_000_000, frame('windowUpdate', 0, 0, number(1))),
  },
  {
    name: 'priority',
    isExtra: true,
    fault: '100,000 PRIORITY frames',
    send: (peer, scale) =>
      many(peer, 100_000 * scale, (at) => frame('priority', 0, idOf(at), Buffer.from([0, 0, 0, 0, 1]))),
  },
  {
    name: 'streams',
    fault: '5,000 calls at once',
    send: (peer) => many(peer, 5_000, (at) => open(idOf(at))),
  },
  {
    name: 'headers-only',
    fault: 'a call whose request never comes',
    send: (peer) => peer.write(open(1)),
  },
  {
    name: 'slow-body',
    fault: 'a request of a byte per second',
    send: async (peer) => {
      await peer.write(open(1));
      while (await peer.write(frame('data', 0, 1, Buffer.from([0])))) if (await peer.closed(1_000)) break;
    },
  },
  {
    name: 'header-block',
    isExtra: true,
    fault: 'headers of 1 MB',
    send: (peer) => {
      const pairs = Array.from({ length: 100 }, (_, at): [string, string] => [`x-${at}`, 'x'.repeat(10_000)]);
      return peer.write(headersOf(1, headerBlock([...inferHeaders(), testBearer, ...pairs])));
    },
  },
  {
    name: 'header-value',
    isExtra: true,
    fault: 'a bearer token of 1 MB',
    send: (peer) =>
      peer.write(headersOf(1, headerBlock([...inferHeaders(), ['authorization', `Bearer ${'x'.repeat(1_000_000)}`]]))),
  },
  {
    name: 'header-index',
    isExtra: true,
    fault: 'headers with an index of nothing',
    send: (peer) => peer.write(frame('headers', endHeaders, 1, Buffer.from([0xff, 0xff, 0xff, 0x7f]))),
  },
  {
    name: 'slow-reader',
    isExtra: true,
    fault: 'answers of 1 MiB that nobody reads',
    // SETTINGS_INITIAL_WINDOW_SIZE 0: nothing of an answer may be sent.
    options: { settings: [[4, 0]] },
    decent: async (peer) => {
      await sleep(500);
      for (let at = 0; at < 12; at++) {
        await peer.write(largeCall(idOf(at), 1024 * 1024));
        await sleep(50);
      }
    },
    send: async (peer) => {
      // By then the server has told that it takes more than 64 KiB.
      await sleep(500);
      for (let at = 0; at < 4; at++) await peer.write(largeCall(idOf(at), 1024 * 1024));
    },
  },
];

/** What one flood came to at one server. */
export interface FloodOutcome {
  readonly isClosed: boolean;
  /** From the last frame on. */
  readonly closedAfterMs: number;
  readonly goAway: number | undefined;
}

export async function sendFlood(target: Target, { options, send }: Flood, scale = 1): Promise<FloodOutcome> {
  using peer = await RawPeer.open(target.address, options);
  await send(peer, scale);
  const sentAt = performance.now();
  // A server that bears slow peers for a while closes only after it.
  const isClosed = await peer.closed(patienceMs + 5_000);
  return { isClosed, closedAfterMs: performance.now() - sentAt, goAway: peer.goAway };
}

export async function sendDecent(target: Target, { decent }: Flood): Promise<void> {
  if (!decent) return;
  using peer = await RawPeer.open(target.address);
  await decent(peer);
}

/** Connections of one address that never call, opened a hundred at a time. */
export class OpenConnections implements Disposable {
  readonly #peers: RawPeer[] = [];

  async open(target: Target, count: number): Promise<void> {
    while (this.#peers.length < count)
      this.#peers.push(...(await Promise.all(Array.from({ length: 100 }, () => RawPeer.open(target.address)))));
  }

  stay(): number {
    return this.#peers.filter((peer) => !peer.isClosed).length;
  }

  [Symbol.dispose](): void {
    for (const peer of this.#peers) peer[Symbol.dispose]();
  }
}
