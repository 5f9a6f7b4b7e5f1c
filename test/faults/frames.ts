/** A peer that writes HTTP/2 frames by hand, as many and as fast as the connection takes them. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { frame } from '../support/raw-http2.ts';

/** Where a server listens; with `ca` it speaks TLS. */
export interface ServerAddress {
  readonly port: number;
  readonly ca?: string;
}

export interface RawPeerOptions {
  /** Sent in the first SETTINGS; pairs of identifier and value. */
  readonly settings?: readonly (readonly [number, number])[];
  /** Told every frame that comes, by its type and stream. */
  readonly onFrame?: (type: number, stream: number, payload: Buffer) => void;
}

/** Error code of a GOAWAY (RFC 9113, 7). */
export const enhanceYourCalm = 11;

const goAwayType = 7;
const settingsType = 4;
const ack = 1;

export class RawPeer implements Disposable {
  readonly #socket: Socket;
  readonly #onFrame: NonNullable<RawPeerOptions['onFrame']>;
  #received: Buffer = Buffer.alloc(0);
  /** The error code of the last GOAWAY that came. */
  goAway: number | undefined;
  isClosed = false;

  private constructor(socket: Socket, onFrame: RawPeerOptions['onFrame'] = () => {}) {
    this.#socket = socket;
    this.#onFrame = onFrame;
    // A connection that is cut is what these peers are here for.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
    });
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
  }

  /** Connected, with the preface and the first SETTINGS sent. */
  static async open({ port, ca }: ServerAddress, options: RawPeerOptions = {}): Promise<RawPeer> {
    const to = { port, host: '127.0.0.1' };
    const socket = ca === undefined ? connect(to) : connectTls({ ...to, ca, ALPNProtocols: ['h2'] });
    const peer = new RawPeer(socket, options.onFrame);
    await once(socket, ca === undefined ? 'connect' : 'secureConnect');
    await peer.write(
      Buffer.concat([
        Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
        frame('settings', 0, 0, settingsOf(options.settings ?? [])),
      ]),
    );
    return peer;
  }

  /** Waits while the other side takes no more; answers whether the connection is still open. */
  async write(bytes: Uint8Array): Promise<boolean> {
    if (!this.isClosed && !this.#socket.write(bytes)) await this.#until('drain');
    return !this.isClosed;
  }

  /** Writes `make(0)`, `make(1)` and so on until the connection is closed, `times` at most; answers how many it took. */
  async flood(times: number, make: (index: number) => Uint8Array): Promise<number> {
    for (let index = 0; index < times; index++) if (!(await this.write(make(index)))) return index;
    return times;
  }

  /** Whether the connection is closed within a time. */
  async closed(withinMs: number): Promise<boolean> {
    await this.#until('close', withinMs);
    return this.isClosed;
  }

  /** What comes waits unread from now on. */
  pause(): void {
    this.#socket.pause();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  /** Or until the connection is closed, or its time is up. */
  async #until(event: 'drain' | 'close', withinMs = 30_000): Promise<void> {
    if (this.isClosed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, withinMs);
    const done = (): void => resolve();
    this.#socket.once('close', done).once(event, done);
    await promise;
    clearTimeout(timer);
    this.#socket.off('close', done).off(event, done);
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 9) {
      const end = 9 + this.#received.readUIntBE(0, 3);
      if (this.#received.length < end) return;
      const payload = this.#received.subarray(9, end);
      const type = this.#received[3] ?? 0;
      if (type === settingsType && this.#received[4] !== ack)
        this.#socket.write(frame('settings', ack, 0, Buffer.alloc(0)));
      if (type === goAwayType) this.goAway = payload.readUInt32BE(4);
      this.#onFrame(type, this.#received.readUInt32BE(5) & 0x7fffffff, payload);
      this.#received = this.#received.subarray(end);
    }
  }
}

function settingsOf(pairs: readonly (readonly [number, number])[]): Buffer {
  const payload = Buffer.alloc(pairs.length * 6);
  for (const [index, [id, value]] of pairs.entries()) {
    payload.writeUInt16BE(id, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  }
  return payload;
}
