/** What one connection has cost against what it was for: decides from counts and the time alone. */

/** What a connection may cost; the same for every server, whoever is behind it. */
export const ledgerLimits = {
  /**
   * Bytes that came and were neither a call's headers nor its message: frames that do no work. Somewhat more than the receive window of a stream, since
   * what one has brought that is reset before it is read is not told from them.
   */
  idleBytesMax: 9 * 1024 * 1024,
  /** So many of them are forgiven each second. */
  idleBytesPerSecond: 1024 * 1024,
  /** SETTINGS frames: each is answered, and looked at outside of nghttp2. */
  settingsMax: 64,
  settingsPerSecond: 4,
  /** PING frames. Some clients (Go) measure the line with one for each answer that they get, or for each frame of a long one, hence those that a call and what is sent bring. */
  pingsMax: 2_000,
  pingsPerSecond: 100,
  pingsPerCall: 4,
  /** One of a DATA frame of 16 KiB. */
  sentBytesPerPing: 16 * 1024,
  /** Bytes of answers that wait for their caller, while it takes next to nothing; at least one of the largest size. */
  unsentBytesMax: 32 * 1024 * 1024,
  /** A caller that takes less than this of what waits for it does not read. */
  takenBytesPerSecondMin: 1024,
  /** How long unread answers above `unsentBytesMax` are borne. */
  overfullMaxMs: 1_000,
} as const;

/** Counts up by what comes and down with time, never below 0. */
export class LeakyBucket {
  readonly #max: number;
  readonly #perSecond: number;
  #level = 0;
  #at: number;

  /** `now` is in milliseconds, as everywhere here. */
  constructor(max: number, perSecond: number, now: number) {
    this.#max = max;
    this.#perSecond = perSecond;
    this.#at = now;
  }

  /** Answers whether it runs over. A negative amount gives back. */
  add(amount: number, now: number): boolean {
    const leaked = ((now - this.#at) / 1_000) * this.#perSecond;
    this.#at = now;
    this.#level = Math.max(0, Math.max(0, this.#level - leaked) + amount);
    return this.#level > this.#max;
  }
}

/** Of a connection since it was opened, in bytes. */
export interface Traffic {
  readonly read: number;
  readonly written: number;
  /** Of what was read, what waits in streams that nobody reads yet: it counts once that is seen what it is. */
  readonly unread: number;
  /** Answers that are made and have not left. */
  readonly unsent: number;
}

export type Excess = 'frames that do no work' | 'answers that are not read';

/** Tells when something has waited for so long while the connection took next to nothing. */
class StallWatch {
  readonly #maxMs: number;
  #since: { readonly at: number; readonly written: number } | undefined;

  constructor(maxMs: number) {
    this.#maxMs = maxMs;
  }

  hasStalled(isWaiting: boolean, written: number, now: number): boolean {
    const since = isWaiting ? (this.#since ?? { at: now, written }) : undefined;
    this.#since = since;
    if (!since || now - since.at < this.#maxMs) return false;
    // What moves begins anew.
    this.#since = { at: now, written };
    return written - since.written < ((now - since.at) / 1_000) * ledgerLimits.takenBytesPerSecondMin;
  }
}

export class ConnectionLedger {
  readonly #idleBytes: LeakyBucket;
  readonly #settings: LeakyBucket;
  readonly #pings: LeakyBucket;
  readonly #unread: StallWatch;
  readonly #overfull = new StallWatch(ledgerLimits.overfullMaxMs);
  readonly #unsentBytesMax: number;
  #usefulBytes = 0;
  #seen = 0;
  #written = 0;

  /** `stallMaxMs`: how long answers may wait for a caller that takes less than `takenBytesPerSecondMin`. `answerBytesMax`: what one may take. */
  constructor(stallMaxMs: number, now: number, answerBytesMax = 0) {
    this.#unsentBytesMax = Math.max(ledgerLimits.unsentBytesMax, answerBytesMax);
    const { idleBytesMax, idleBytesPerSecond, settingsMax, settingsPerSecond, pingsMax, pingsPerSecond } = ledgerLimits;
    this.#unread = new StallWatch(stallMaxMs);
    this.#idleBytes = new LeakyBucket(idleBytesMax, idleBytesPerSecond, now);
    this.#settings = new LeakyBucket(settingsMax, settingsPerSecond, now);
    this.#pings = new LeakyBucket(pingsMax, pingsPerSecond, now);
  }

  /** `headerBytes`: as many as the headers of a call may take. */
  addCall(headerBytes: number, now: number): void {
    this.#usefulBytes += headerBytes;
    this.#pings.add(-ledgerLimits.pingsPerCall, now);
  }

  addMessage(bytes: number): void {
    this.#usefulBytes += bytes;
  }

  /** Answers whether that was one too many. */
  addSettings(now: number): boolean {
    return this.#settings.add(1, now);
  }

  /** Answers whether that was one too many. */
  addPing(now: number): boolean {
    return this.#pings.add(1, now);
  }

  /** To be asked a few times a second. Undefined while the connection is worth its cost. */
  judge({ read, unread, written, unsent }: Traffic, now: number): Excess | undefined {
    const seen = read - unread;
    const isIdle = this.#idleBytes.add(seen - this.#seen - this.#usefulBytes, now);
    this.#seen = seen;
    this.#usefulBytes = 0;
    this.#pings.add((this.#written - written) / ledgerLimits.sentBytesPerPing, now);
    this.#written = written;
    if (isIdle) return 'frames that do no work';
    const isUnread = this.#unread.hasStalled(unsent > 0, written, now);
    const isOverfull = this.#overfull.hasStalled(unsent > this.#unsentBytesMax, written, now);
    return isUnread || isOverfull ? 'answers that are not read' : undefined;
  }
}
