/** A TCP proxy of this machine that does to the bytes what networks do. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { frame } from '../support/raw-http2.ts';

/** `black-hole`: connections stay, and come up, and nothing comes through. `down`: they are cut, and none comes up. */
export type LinkState = 'up' | 'black-hole' | 'down';

export interface FaultProxy {
  readonly port: number;
  state: LinkState;
  /** Added to each round trip, half of it each way. Bytes that are on their way keep what they had. */
  roundTripMs: number;
  /** Each way; infinite: as many as come. */
  bytesPerSecond: number;
  /** At most so many at a time. */
  sliceBytes: number;
  /** What the server says is cut off after so many bytes of each connection, with a reset; infinite: never. */
  resetAfterBytes: number;
  /** Connections that are up. */
  readonly connections: number;
  /** Resets every connection. */
  cut(): void;
  /** Tells each client that the server goes away (HTTP/2 GOAWAY), and closes its connection so much later. */
  goAway(closeAfterMs: number): void;
  close(): void;
}

/** How long it looks again whether a black hole has gone. */
const holdMs = 20;
const frameHeadBytes = 9;

/** Where the frames of HTTP/2 end, in a stream of them; a server's has no preface. */
class FrameCursor {
  /** Bytes of the frame that is under way which are still to come, and its head as far as it came. */
  #left = 0;
  #head: number[] = [];

  get isBetween(): boolean {
    return this.#left === 0 && this.#head.length === 0;
  }

  take(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#left > 0) {
        const skipped = Math.min(this.#left, bytes.length - at);
        this.#left -= skipped;
        at += skipped;
        continue;
      }
      this.#head.push(bytes[at++] as number);
      if (this.#head.length < frameHeadBytes) continue;
      const [high = 0, middle = 0, low = 0] = this.#head;
      this.#left = (high << 16) | (middle << 8) | low;
      this.#head = [];
    }
  }
}

/** No error, and every stream up to the last possible is finished (RFC 9113, 6.8). */
const goAwayFrame = (): Buffer => frame('goAway', 0, 0, Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]));

/** One way of a connection: bytes go out in order, each when its time has come. */
class Lane {
  readonly #to: Socket;
  readonly #proxy: FaultProxy;
  readonly #bytesLeft: () => number;
  readonly #written: (bytes: Buffer) => void;
  readonly #waiting: { readonly bytes: Buffer; readonly dueAt: number }[] = [];
  #running = false;
  /** When the next byte may go. */
  #freeAt = 0;

  /** `bytesLeft`: no more than so many go out. */
  constructor(to: Socket, proxy: FaultProxy, bytesLeft: () => number, written: (bytes: Buffer) => void) {
    this.#to = to;
    this.#bytesLeft = bytesLeft;
    this.#proxy = proxy;
    this.#written = written;
  }

  add(bytes: Buffer): void {
    this.#waiting.push({ bytes, dueAt: performance.now() + this.#proxy.roundTripMs / 2 });
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let next = this.#waiting.shift(); next && !this.#to.destroyed; next = this.#waiting.shift()) {
      const early = next.dueAt - performance.now();
      if (early > 0.5) await pause(early);
      while (this.#proxy.state === 'black-hole' && !this.#to.destroyed) await pause(holdMs);
      await this.#write(next.bytes);
    }
    this.#running = false;
  }

  /** A timer is no finer than a millisecond: shorter waits add up before there is one. */
  async #pace(ms: number): Promise<void> {
    const now = performance.now();
    this.#freeAt = Math.max(this.#freeAt, now) + ms;
    if (this.#freeAt - now >= 1) await pause(this.#freeAt - now);
  }

  async #write(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length && this.#to.writable; ) {
      const { bytesPerSecond, sliceBytes } = this.#proxy;
      const perTick = Math.max(1, Math.min(sliceBytes, bytesPerSecond / 100));
      const slice = bytes.subarray(at, at + Math.min(perTick, Math.max(0, this.#bytesLeft())));
      at += slice.length;
      this.#to.write(slice);
      this.#written(slice);
      if (Number.isFinite(bytesPerSecond)) await this.#pace((slice.length * 1_000) / bytesPerSecond);
      else if (Number.isFinite(sliceBytes)) await new Promise(setImmediate);
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Passes bytes between whoever connects and `target`, a port of this machine. */
export async function openFaultProxy(target: number): Promise<FaultProxy> {
  const clients = new Set<{ readonly socket: Socket; readonly goAway: (closeAfterMs: number) => void }>();
  const all = new Set<Socket>();
  let state: LinkState = 'up';
  const cut = (): void => {
    for (const socket of all) socket.resetAndDestroy();
  };
  const server: Server = createServer({ noDelay: true }, (socket) => {
    if (state === 'down') return void socket.resetAndDestroy();
    accept(socket);
  });
  const proxy: FaultProxy = {
    get port() {
      return (server.address() as AddressInfo).port;
    },
    get state() {
      return state;
    },
    set state(next) {
      state = next;
      if (state === 'down') cut();
    },
    roundTripMs: 0,
    bytesPerSecond: Number.POSITIVE_INFINITY,
    sliceBytes: Number.POSITIVE_INFINITY,
    resetAfterBytes: Number.POSITIVE_INFINITY,
    get connections() {
      return clients.size;
    },
    cut,
    goAway: (closeAfterMs) => {
      for (const client of clients) client.goAway(closeAfterMs);
    },
    close: () => {
      server.close();
      cut();
    },
  };

  function accept(socket: Socket): void {
    const upstream = connect({ port: target, host: '127.0.0.1', noDelay: true });
    const cursor = new FrameCursor();
    let leaving: (() => void) | undefined;
    let said = 0;
    const tellLeaving = (): void => {
      if (!cursor.isBetween) return;
      leaving?.();
      leaving = undefined;
    };
    const down = new Lane(
      socket,
      proxy,
      () => proxy.resetAfterBytes - said,
      (slice) => {
        said += slice.length;
        cursor.take(slice);
        if (said >= proxy.resetAfterBytes) socket.resetAndDestroy();
        else tellLeaving();
      },
    );
    const up = new Lane(
      upstream,
      proxy,
      () => Number.POSITIVE_INFINITY,
      () => {},
    );
    const client = {
      socket,
      goAway: (closeAfterMs: number): void => {
        leaving = () => {
          if (socket.writable) socket.write(goAwayFrame());
          setTimeout(() => socket.resetAndDestroy(), closeAfterMs);
        };
        tellLeaving();
      },
    };
    clients.add(client);
    const join = (from: Socket, to: Socket, lane: Lane): void => {
      all.add(from);
      from.on('data', (bytes: Buffer) => lane.add(bytes));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        all.delete(from);
        clients.delete(client);
        // In a black hole nobody hears that the other has gone.
        setTimeout(() => to.destroy(), proxy.roundTripMs / 2);
      });
    };
    join(socket, upstream, up);
    join(upstream, socket, down);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return proxy;
}
