/**
 * The memory that one process gives to the messages of its calls: what has come of them, is unpacked, waits, runs, and what of answers has not been read.
 * What finds no room waits, with its stream unread, or is refused.
 */
import { type ByteHold, type Clock, monotonicClock } from '@sheaf/inference';
import { type Arriving, byteLimits, type Kind, noRoom, noRoomToGrow, Room, Share } from './byte-room.ts';

/** Of all bytes, what small messages have for themselves, and what is kept for messages that are in and grow: answers, what is unpacked. See `bytesInFlightMin`. */
const smallPart = 1 / 8;
const growthPart = 1 / 8;

/** Of tenants. */
const sharesKeptMax = 1_024;
/** HTTP/2 begins with the one; the other fills a line of 160 Mbit/s to the other side of the world. */
const windowBytesMin = 64 * 1024 - 1;
const windowBytesMax = 8 * 1024 * 1024;

/** What the largest of the small messages takes with its copies. */
const smallRoomBytesMax = byteLimits.smallBytesMax * byteLimits.copies;
const kindOf = (bytes: number): Kind => (bytes <= smallRoomBytesMax ? 'small' : 'large');

/** All that one call holds. */
export class Hold implements ByteHold {
  readonly #owner: BytesInFlight;
  readonly share: Share | undefined;
  #small = 0;
  #large = 0;
  #used = 0;
  #isSettled = false;
  #isOver = false;
  #stopWaiting: (() => void) | undefined;

  readonly #mayWait: boolean;

  constructor(owner: BytesInFlight, share: Share | undefined, mayWait: boolean) {
    this.#mayWait = mayWait;
    this.#owner = owner;
    this.share = share;
  }

  /**
   * Room for a message of this size with its copies. Undefined: it is there; else resolves when it is, or rejects with RESOURCE_EXHAUSTED. Takes nothing yet.
   * `brought`: how much of it has come by now; what has brought next to nothing lets others pass. Default: all of it.
   */
  reserve(messageBytes: number, brought = (): number => messageBytes): Promise<void> | undefined {
    const bytes = messageBytes * byteLimits.copies;
    if (!this.#mayWait) return this.#tryGrow(bytes) ? undefined : Promise.reject(noRoom());
    const kind = this.#owner.enter(this.share, bytes);
    // Callers send what fits into the window of their stream, some in whole frames only.
    const worth = Math.min(messageBytes, byteLimits.slowBytes, this.#owner.windowBytes / 2);
    if (!kind) return this.#wait(bytes, () => brought() >= worth);
    this.#note(kind, bytes);
    return undefined;
  }

  /** As `reserve` and `take`, now or never. */
  takeMessage(messageBytes: number): boolean {
    const isIn = this.#tryGrow(messageBytes * byteLimits.copies);
    if (isIn) this.#used += messageBytes;
    return isIn;
  }

  /** Of the room of small messages alone; answers whether there was any. */
  takeSmall(bytes: number): boolean {
    if (this.#isOver) return true;
    if (!this.#owner.rooms.small.grow(this.share, bytes)) return false;
    this.#small += bytes;
    this.#used += bytes;
    return true;
  }

  /** While its message is not there: whoever waits for room may have it refused. Answers what ends that. */
  watch(messageBytes: number, arriving: Arriving): () => void {
    return this.#owner.rooms[kindOf(messageBytes * byteLimits.copies)].watch(this.share, arriving);
  }

  take(bytes: number): void {
    const more = this.#used + bytes - this.#small - this.#large;
    if (more > 0 && !this.#tryGrow(more)) throw noRoomToGrow();
    this.#used += bytes;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }

  /** Of `takeFor`, where nobody refers to that any more. */
  giveCollected(bytes: number): void {
    if (!this.#isSettled) this.give(bytes);
  }

  takeFor({ length, buffer }: Uint8Array): void {
    this.take(length);
    // What is small is held to the end of the call: it would cost more than it gives.
    if (length > byteLimits.smallBytesMax) collected.register(buffer, { hold: this, bytes: length });
  }

  /** From now on it holds so much: what is left of the call. Throws as `take`. */
  settle(bytes: number): void {
    if (this.#isOver) return;
    this.#isSettled = true;
    this.#used = 0;
    this.take(bytes);
    const spare = Math.min(this.#small + this.#large - bytes, this.#large);
    if (spare <= 0) return;
    this.#large -= spare;
    this.#owner.rooms.large.giveBack(this.share, spare);
  }

  /** Its caller has left: it wants nothing that it waits for. */
  leave(): void {
    this.#stopWaiting?.();
  }

  /** Also of what it waits for. Once; nothing is taken afterwards. */
  release(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.leave();
    if (this.#small > 0) this.#owner.rooms.small.giveBack(this.share, this.#small);
    if (this.#large > 0) this.#owner.rooms.large.giveBack(this.share, this.#large);
    this.#small = 0;
    this.#large = 0;
  }

  async #wait(bytes: number, isEarnest: () => boolean): Promise<void> {
    const kind = kindOf(bytes);
    const { promise, stop } = this.#owner.rooms[kind].wait(this.share, bytes, isEarnest);
    this.#stopWaiting = stop;
    try {
      await promise;
      this.#note(kind, bytes);
    } finally {
      this.#stopWaiting = undefined;
    }
  }

  #tryGrow(bytes: number): boolean {
    if (this.#isOver) return true;
    const isSmall = this.#large === 0 && this.#small + bytes <= smallRoomBytesMax;
    const kind = this.#owner.grow(this.share, isSmall, bytes);
    if (kind) this.#note(kind, bytes);
    return kind !== undefined;
  }

  #note(kind: Kind, bytes: number): void {
    if (this.#isOver) this.#owner.rooms[kind].giveBack(this.share, bytes);
    else if (kind === 'small') this.#small += bytes;
    else this.#large += bytes;
  }
}

/** A pipeline may ask for more, one after the other, than it holds at any time; only the garbage collector knows what nobody refers to. */
const collected = new FinalizationRegistry<{ readonly hold: Hold; readonly bytes: number }>(({ hold, bytes }) =>
  hold.giveCollected(bytes),
);

export class BytesInFlight {
  readonly max: number;
  /** What a stream may bring before it is read: as many bytes as those that wait for room may hold beside it. */
  readonly windowBytes: number;
  readonly rooms: Readonly<Record<Kind, Room>>;
  readonly #shares = new Map<string, Share>();
  readonly #connections = new WeakMap<object, Share>();

  constructor(max: number, clock: Clock = monotonicClock) {
    this.max = max;
    const small = Math.floor(max * smallPart);
    const kept = Math.floor(max * growthPart);
    this.rooms = {
      small: new Room({ kind: 'small', max: small, kept: 0, clock }),
      large: new Room({ kind: 'large', max: max - small, kept, clock }),
    };
    this.windowBytes = Math.floor(Math.min(windowBytesMax, Math.max(windowBytesMin, kept / byteLimits.waitingMax)));
  }

  /** What streams may hold that nobody reads, as long as it is not known who calls. */
  get unreadBytesMax(): number {
    return this.windowBytes * byteLimits.waitingMax;
  }

  get used(): number {
    return this.rooms.small.used + this.rooms.large.used;
  }

  shareOfConnection(session: object): Share {
    const known = this.#connections.get(session);
    if (known) return known;
    const share = new Share();
    this.#connections.set(session, share);
    return share;
  }

  /** Those that hold nothing are forgotten when there are many. */
  shareOfTenant(tenant: string): Share {
    const known = this.#shares.get(tenant);
    if (known) return known;
    if (this.#shares.size >= sharesKeptMax)
      for (const [name, { held, waiting }] of this.#shares)
        if (held.small + held.large + waiting === 0) this.#shares.delete(name);
    const share = new Share();
    this.#shares.set(tenant, share);
    return share;
  }

  /** For one call. Without a share it counts in all only: of calls that another process of the mesh has let in. One that may not wait has its room at once, or is refused. */
  open(share: Share | undefined, mayWait = true): Hold {
    return new Hold(this, share, mayWait);
  }

  /** Room for what arrives, where there is any and nobody waits for it. Small messages may have that of large ones too. */
  enter(share: Share | undefined, bytes: number): Kind | undefined {
    const { small, large } = this.rooms;
    if (kindOf(bytes) === 'small' && small.enter(share, bytes)) return 'small';
    return large.enter(share, bytes) ? 'large' : undefined;
  }

  /** Room for what is in and grows. */
  grow(share: Share | undefined, isSmall: boolean, bytes: number): Kind | undefined {
    const { small, large } = this.rooms;
    if (isSmall && small.grow(share, bytes)) return 'small';
    return large.grow(share, bytes) ? 'large' : undefined;
  }
}
