/**
 * The memory that one process gives to the messages of its calls: what has come of them, is unpacked, waits, runs, and what of answers has not been read.
 * What finds no room waits, with its stream unread, or is refused.
 */
import { type ByteHold, type Clock, InferError, monotonicClock } from '@sheaf/inference';

export const byteLimits = {
  /** A message stands in memory so many times, while it is handed on: as it came, as it is written again, and in the frame of the transport. */
  copies: 3,
  /** Up to here a message is small, and needs none of the room of the large ones. */
  smallBytesMax: 64 * 1024,
  /** Of a message of a method that does not infer. */
  controlBytesMax: 128 * 1024,
  /** Messages that wait for room; one more is refused at once. */
  waitingMax: 64,
  /** Of these, those of one principal, or of one connection where nobody is asked. */
  waitingOfOneMax: 32,
  /** How long one waits. */
  waitMaxMs: 10_000,
  /** While others wait, a message that has had so long and brought less than `slowBytes` in it is refused. */
  slowMs: 1_000,
  slowBytes: 256 * 1024,
  /** When a refused call may come again, up to twice as long, so that not all come at once. */
  retryAfterMs: 500,
} as const;

/** Of all bytes, what small messages have for themselves, and what is kept for messages that are in and grow: answers, what is unpacked. See `bytesInFlightMin`. */
const smallPart = 1 / 8;
const growthPart = 1 / 8;

/** What one principal holds, or one connection. */
export class Share {
  readonly held: Record<Kind, number> = { small: 0, large: 0 };
  waiting = 0;
}

type Kind = 'small' | 'large';

interface Waiter {
  readonly share: Share | undefined;
  readonly bytes: number;
  readonly letIn: () => void;
}

/** A message that is on its way, as those see it that wait for the room that it has. */
export interface Arriving {
  /** Bytes that have come. */
  readonly arrived: () => number;
  readonly refuse: (why: InferError) => void;
}

interface Watched extends Arriving {
  since: number;
  seen: number;
}

/** Room of one kind of messages. */
class Room {
  readonly max: number;
  /** What arrivals leave free, for those that are in. */
  readonly #kept: number;
  readonly #kind: Kind;
  readonly waiting: Waiter[] = [];
  readonly arriving = new Set<Watched>();
  used = 0;

  constructor(kind: Kind, max: number, kept: number) {
    this.#kind = kind;
    this.max = max;
    this.#kept = kept;
  }

  /**
   * A share may have as much as then stays free for the others, so that however many ask, each next one finds room; the first message of one may take all
   * that is free.
   */
  fits(share: Share | undefined, bytes: number, isGrowth: boolean): boolean {
    const free = this.max - this.used - (isGrowth ? 0 : this.#kept);
    if (bytes > free) return false;
    const held = share?.held[this.#kind] ?? 0;
    return held === 0 || held + bytes <= free - bytes;
  }

  add(share: Share | undefined, bytes: number): void {
    this.used += bytes;
    if (share) share.held[this.#kind] += bytes;
  }
}

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

  constructor(owner: BytesInFlight, share: Share | undefined) {
    this.#owner = owner;
    this.share = share;
  }

  /** What a stream may bring before it is read. */
  get windowBytes(): number {
    return this.#owner.windowBytes;
  }

  /** Room for a message of this size with its copies. Undefined: it is there; else resolves when it is, or rejects with RESOURCE_EXHAUSTED. Takes nothing yet. */
  reserve(messageBytes: number): Promise<void> | undefined {
    const bytes = messageBytes * byteLimits.copies;
    const kind = this.#owner.enter(this.share, bytes);
    if (!kind) return this.#wait(bytes);
    this.#note(kind, bytes);
    return undefined;
  }

  /** As `reserve` and `take`, now or never. */
  takeMessage(messageBytes: number): boolean {
    const isIn = this.#tryGrow(messageBytes * byteLimits.copies);
    if (isIn) this.#used += messageBytes;
    return isIn;
  }

  /** While its message is not there: whoever waits for room may have it refused. Answers what ends that. */
  watch(messageBytes: number, arriving: Arriving): () => void {
    return this.#owner.watch(messageBytes, arriving);
  }

  take(bytes: number): void {
    const more = this.#used + bytes - this.#small - this.#large;
    if (more > 0 && !this.#tryGrow(more)) throw tooMuchInFlight();
    this.#used += bytes;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }

  /** Of `takeFor`, where nobody refers to that any more. */
  giveCollected(bytes: number): void {
    if (!this.#isSettled) this.give(bytes);
  }

  takeFor(memory: ArrayBufferLike): void {
    const { byteLength } = memory;
    this.take(byteLength);
    // What is small is held to the end of the call: it would cost more than it gives.
    if (byteLength > byteLimits.smallBytesMax) collected.register(memory, { hold: this, bytes: byteLength });
  }

  /** From now on it holds so much: what is left of the call. Throws as `take`. */
  settle(bytes: number): void {
    this.#isSettled = true;
    this.#used = 0;
    this.take(bytes);
    const spare = Math.min(this.#small + this.#large - bytes, this.#large);
    if (spare <= 0) return;
    this.#large -= spare;
    this.#owner.giveBack(this.share, 'large', spare);
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
    if (this.#small > 0) this.#owner.giveBack(this.share, 'small', this.#small);
    if (this.#large > 0) this.#owner.giveBack(this.share, 'large', this.#large);
  }

  async #wait(bytes: number): Promise<void> {
    const { promise, stop } = this.#owner.wait(this.share, bytes);
    this.#stopWaiting = stop;
    try {
      this.#note(await promise, bytes);
    } finally {
      this.#stopWaiting = undefined;
    }
  }

  #tryGrow(bytes: number): boolean {
    if (this.#isOver) return true;
    const isSmall = this.#large === 0 && this.#small + bytes <= smallRoomBytesMax;
    const kind = this.#owner.takeNow(this.share, isSmall, bytes);
    if (kind) this.#note(kind, bytes);
    return kind !== undefined;
  }

  #note(kind: Kind, bytes: number): void {
    if (this.#isOver) this.#owner.giveBack(this.share, kind, bytes);
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
  readonly #rooms: Readonly<Record<Kind, Room>>;
  readonly #clock: Clock;
  readonly #shares = new Map<string, Share>();
  readonly #connections = new WeakMap<object, Share>();
  #stopLooking: (() => void) | undefined;

  constructor(max: number, clock: Clock = monotonicClock) {
    this.max = max;
    this.#clock = clock;
    const small = Math.floor(max * smallPart);
    const kept = Math.floor(max * growthPart);
    this.#rooms = { small: new Room('small', small, 0), large: new Room('large', max - small, kept) };
    this.windowBytes = Math.floor(Math.min(windowBytesMax, Math.max(windowBytesMin, kept / byteLimits.waitingMax)));
  }

  /** What streams may hold that nobody reads, as long as it is not known who calls. */
  get unreadBytesMax(): number {
    return this.windowBytes * byteLimits.waitingMax;
  }

  get used(): number {
    return this.#rooms.small.used + this.#rooms.large.used;
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

  /** For one call. Without a share it counts in all only: of calls that another process of the mesh has let in. */
  open(share: Share | undefined): Hold {
    return new Hold(this, share);
  }

  watch(messageBytes: number, arriving: Arriving): () => void {
    const { arriving: all } = this.#rooms[kindOf(messageBytes * byteLimits.copies)];
    const watched: Watched = { ...arriving, since: this.#clock.now(), seen: 0 };
    all.add(watched);
    return () => all.delete(watched);
  }

  /** Room for what arrives, where there is any and nobody waits for it. Small messages may have that of large ones too. */
  enter(share: Share | undefined, bytes: number): Kind | undefined {
    const isFree = (kind: Kind): boolean => {
      const room = this.#rooms[kind];
      if (room.waiting.length > 0 || !room.fits(share, bytes, false)) return false;
      room.add(share, bytes);
      return true;
    };
    if (kindOf(bytes) === 'small' && isFree('small')) return 'small';
    return isFree('large') ? 'large' : undefined;
  }

  /** Room for what is in and grows. */
  takeNow(share: Share | undefined, isSmall: boolean, bytes: number): Kind | undefined {
    const kind = isSmall && this.#rooms.small.fits(share, bytes, true) ? 'small' : 'large';
    const room = this.#rooms[kind];
    if (!room.fits(share, bytes, true)) return undefined;
    room.add(share, bytes);
    return kind;
  }

  giveBack(share: Share | undefined, kind: Kind, bytes: number): void {
    const room = this.#rooms[kind];
    room.add(share, -bytes);
    if (room.waiting.length > 0) this.#letIn(kind);
  }

  /** For room that `enter` has not: resolves with what was given. Rejects with RESOURCE_EXHAUSTED at once where too many wait already, else after some time. */
  wait(share: Share | undefined, bytes: number): { readonly promise: Promise<Kind>; readonly stop: () => void } {
    const kind = kindOf(bytes);
    const room = this.#rooms[kind];
    const isFull = room.waiting.length >= byteLimits.waitingMax || (share?.waiting ?? 0) >= byteLimits.waitingOfOneMax;
    if (isFull) return { promise: Promise.reject(tooMuchInFlight()), stop: () => {} };
    const { promise, resolve, reject } = Promise.withResolvers<Kind>();
    const leave = (): boolean => {
      const index = room.waiting.indexOf(waiter);
      if (index < 0) return false;
      room.waiting.splice(index, 1);
      if (share) share.waiting--;
      stopTimer();
      return true;
    };
    const refuse = (): void => {
      if (!leave()) return;
      reject(tooMuchInFlight());
      // It may have stood before others.
      this.#letIn(kind);
    };
    const letIn = (): void => {
      leave();
      room.add(share, bytes);
      resolve(kind);
    };
    const waiter: Waiter = { share, bytes, letIn };
    room.waiting.push(waiter);
    if (share) share.waiting++;
    const stopTimer = this.#clock.after(byteLimits.waitMaxMs, refuse);
    this.#letIn(kind);
    this.#look();
    return { promise, stop: refuse };
  }

  /** In order; those whose share is full stand in nobody's way. */
  #letIn(kind: Kind): void {
    const room = this.#rooms[kind];
    for (;;) {
      const next = room.waiting.find(
        ({ share, bytes }) => (share?.held[kind] ?? 0) === 0 || room.fits(share, bytes, false),
      );
      if (!next || !room.fits(next.share, next.bytes, false)) return;
      next.letIn();
    }
  }

  /** While anybody waits: whether those that have room use it. */
  #look(): void {
    this.#stopLooking ??= this.#clock.after(byteLimits.slowMs / 4, () => {
      this.#stopLooking = undefined;
      const rooms = Object.values(this.#rooms);
      for (const room of rooms) this.#refuseSlow(room);
      if (rooms.some(({ waiting }) => waiting.length > 0)) this.#look();
    });
  }

  #refuseSlow({ arriving, waiting }: Room): void {
    const now = this.#clock.now();
    for (const watched of arriving) {
      if (waiting.length === 0) return;
      if (now - watched.since < byteLimits.slowMs) continue;
      const brought = watched.arrived() - watched.seen;
      watched.since = now;
      watched.seen += brought;
      if (brought < byteLimits.slowBytes) watched.refuse(tooSlow());
    }
  }
}

/** Of tenants. */
const sharesKeptMax = 1_024;
/** HTTP/2 begins with the one; the other fills a line of 160 Mbit/s to the other side of the world. */
const windowBytesMin = 64 * 1024 - 1;
const windowBytesMax = 8 * 1024 * 1024;

/** What the largest of the small messages takes with its copies. */
const smallRoomBytesMax = byteLimits.smallBytesMax * byteLimits.copies;
const kindOf = (bytes: number): Kind => (bytes <= smallRoomBytesMax ? 'small' : 'large');

const refusal = (message: string): InferError =>
  InferError.withoutStack('RESOURCE_EXHAUSTED', message, {
    reason: 'BYTES_IN_FLIGHT',
    decision: 'bytes-in-flight',
    metadata: { may_have_begun: 'false' },
    retryAfterMs: Math.round(byteLimits.retryAfterMs * (1 + Math.random())),
  });

export const tooMuchInFlight = (): InferError =>
  refusal('the messages that are in flight leave no room for this one now (limits.bytesInFlightMax in mesh.yaml)');

const tooSlow = (): InferError =>
  refusal('the message of the call: it comes too slowly while others wait for its room');
