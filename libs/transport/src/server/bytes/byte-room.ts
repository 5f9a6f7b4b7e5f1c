/** Room of one kind of messages, for as many bytes as there are: who has it, and who waits for it. */
import { type Clock, InferError, type Progress } from '@sheaf/inference';

export const byteLimits = {
  /** A message stands in memory so many times, while it is handed on: as it came, as it is written again, and in the frame of the transport. */
  copies: 3,
  /** Up to here a message is small, and needs none of the room of the large ones. */
  smallBytesMax: 64 * 1024,
  /** Messages that wait for room; one more is refused at once. */
  waitingMax: 64,
  /** Of these, those of one principal, or of one connection where nobody is asked. */
  waitingOfOneMax: 32,
  /** How long one waits. */
  waitMaxMs: 10_000,
  /** While others wait, a message that has had so long and brought less than `slowBytes` in it is refused. */
  slowMs: 1_000,
  slowBytes: 256 * 1024,
  /** For so long after one of a share was refused so, no other of it has others wait for its room. */
  slowShareMs: 5_000,
  /** When a refused call may come again, up to twice as long, so that not all come at once. */
  retryAfterMs: 500,
} as const;

export type Kind = 'small' | 'large';

/** What one tenant holds, or one connection. */
export class Share {
  readonly held: Record<Kind, number> = { small: 0, large: 0 };
  waiting = 0;
  /** When one of its messages was refused for coming too slowly. */
  slowAt = Number.NEGATIVE_INFINITY;
}

/** A message that is on its way, as those see it that wait for the room that it has. */
export interface Arriving {
  /** Bytes that have come. */
  readonly arrived: () => number;
  readonly refuse: (why: InferError) => void;
}

interface Watched extends Arriving {
  readonly share: Share | undefined;
  since: number;
  seen: number;
}

interface Waiter {
  readonly share: Share | undefined;
  readonly bytes: number;
  /** Whether its stream has brought something worth its room. */
  readonly isEarnest: () => boolean;
  readonly letIn: () => void;
}

export interface RoomOptions {
  readonly kind: Kind;
  readonly max: number;
  /** Of that, what arrivals leave free for those that are in. */
  readonly kept: number;
  readonly clock: Clock;
}

export class Room {
  readonly #options: RoomOptions;
  readonly #waiting: Waiter[] = [];
  readonly #arriving = new Set<Watched>();
  #isLooking = false;
  used = 0;

  constructor(options: RoomOptions) {
    this.#options = options;
  }

  /** Lets in what arrives, where nobody waits; answers whether it did. */
  enter(share: Share | undefined, bytes: number): boolean {
    if (this.#waiting.length > 0 || !this.#fits(share, bytes, this.#options.kept)) return false;
    this.#add(share, bytes);
    return true;
  }

  /** For what is in and grows; answers whether there is room. */
  grow(share: Share | undefined, bytes: number): boolean {
    if (!this.#fits(share, bytes, 0)) return false;
    this.#add(share, bytes);
    return true;
  }

  giveBack(share: Share | undefined, bytes: number): void {
    this.#add(share, -bytes);
    if (this.#waiting.length > 0) this.#letIn();
  }

  /** For what `enter` has not let in: resolves when it has its room. Rejects with RESOURCE_EXHAUSTED, at once where too many wait already; `stop` has it rejected. */
  wait(
    share: Share | undefined,
    bytes: number,
    isEarnest = (): boolean => true,
  ): { readonly promise: Promise<void>; readonly stop: () => void } {
    const { waitingMax, waitingOfOneMax, waitMaxMs } = byteLimits;
    if (this.#waiting.length >= waitingMax || (share?.waiting ?? 0) >= waitingOfOneMax)
      return { promise: Promise.reject(noRoom()), stop: () => {} };
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = (): boolean => {
      const index = this.#waiting.indexOf(waiter);
      if (index < 0) return false;
      this.#waiting.splice(index, 1);
      if (share) share.waiting--;
      stopTimer();
      return true;
    };
    const letIn = (): void => {
      leave();
      this.#add(share, bytes);
      resolve();
    };
    const stop = (): void => {
      if (!leave()) return;
      reject(noRoom());
      // It may have stood before others.
      this.#letIn();
    };
    const waiter: Waiter = { share, bytes, isEarnest, letIn };
    this.#waiting.push(waiter);
    if (share) share.waiting++;
    const stopTimer = this.#options.clock.after(waitMaxMs, stop);
    this.#letIn();
    this.#look();
    return { promise, stop };
  }

  /** Of a message that has its room and is not there: whoever waits may have it refused. Answers what ends that. */
  watch(share: Share | undefined, arriving: Arriving): () => void {
    const watched: Watched = { ...arriving, share, since: this.#options.clock.now(), seen: 0 };
    this.#arriving.add(watched);
    return () => this.#arriving.delete(watched);
  }

  /**
   * A share may have as much as then stays free for the others, so that however many ask, each next one finds room; the first message of one may take all
   * that is free.
   */
  #fits(share: Share | undefined, bytes: number, kept: number): boolean {
    const free = this.#options.max - this.used - kept;
    if (bytes > free) return false;
    const held = this.#heldBy(share);
    return held === 0 || held + bytes <= free - bytes;
  }

  #heldBy(share: Share | undefined): number {
    return share?.held[this.#options.kind] ?? 0;
  }

  #add(share: Share | undefined, bytes: number): void {
    this.used += bytes;
    if (share) share.held[this.#options.kind] += bytes;
  }

  /** In order; those whose share is full stand in nobody's way, nor those of whom nothing is to be expected but a claim. */
  #letIn(): void {
    const fits = ({ share, bytes }: Waiter): boolean => this.#fits(share, bytes, this.#options.kept);
    const isFirst = ({ share, isEarnest }: Waiter): boolean =>
      this.#heldBy(share) === 0 && !this.#isSlow(share) && isEarnest();
    for (;;) {
      const next = this.#waiting.find((waiter) => fits(waiter) || isFirst(waiter));
      if (!next || !fits(next)) return;
      next.letIn();
    }
  }

  #isSlow(share: Share | undefined): boolean {
    return share !== undefined && this.#options.clock.now() - share.slowAt < byteLimits.slowShareMs;
  }

  /** While anybody waits: whether those that have room use it. */
  #look(): void {
    if (this.#isLooking || this.#waiting.length === 0) return;
    this.#isLooking = true;
    this.#options.clock.after(byteLimits.slowMs / 4, () => {
      this.#isLooking = false;
      this.#refuseSlow();
      this.#look();
    });
  }

  #refuseSlow(): void {
    const now = this.#options.clock.now();
    for (const watched of this.#arriving) {
      if (this.#waiting.length === 0) return;
      if (now - watched.since < byteLimits.slowMs) continue;
      const brought = watched.arrived() - watched.seen;
      watched.since = now;
      watched.seen += brought;
      if (brought >= byteLimits.slowBytes) continue;
      if (watched.share) watched.share.slowAt = now;
      watched.refuse(refusal('the message of the call: it comes too slowly while others wait for its room'));
    }
  }
}

/** Of what has not begun: another process may have room for it. */
const refusal = (message: string): InferError => exhausted(message, 'not-begun');

const exhausted = (message: string, progress: Progress): InferError =>
  InferError.withoutStack('RESOURCE_EXHAUSTED', message, {
    reason: 'BYTES_IN_FLIGHT',
    decision: 'bytes-in-flight',
    progress,
    retryAfterMs: Math.round(byteLimits.retryAfterMs * (1 + Math.random())),
  });

const key = 'limits.bytesInFlightMax in mesh.yaml';

export const noRoom = (): InferError =>
  refusal(`the messages that are in flight leave no room for this one now (${key})`);

/** Of what has begun. */
export const noRoomToGrow = (): InferError =>
  exhausted(`the messages that are in flight leave no room for what becomes of this call (${key})`, 'unknown');
