/** Holds the cost of a connection against its use. Each frame is charged as it comes; a charge too many throws. */
import { calmFault } from './connection-fault.ts';
import { LeakyBucket } from './leaky-bucket.ts';
import { limits } from './limits.ts';

export class Ledger {
  readonly #settings: LeakyBucket;
  readonly #pings: LeakyBucket;
  readonly #windowUpdates: LeakyBucket;
  readonly #resets: LeakyBucket;
  readonly #refusals: LeakyBucket;
  readonly #idleFrames: LeakyBucket;
  readonly #idleBytes: LeakyBucket;
  #now: number;
  #usefulBytes = 0;

  constructor(now: number) {
    this.#now = now;
    this.#settings = new LeakyBucket(limits.settings, now);
    this.#pings = new LeakyBucket(limits.pings, now);
    this.#windowUpdates = new LeakyBucket(limits.windowUpdates, now);
    this.#resets = new LeakyBucket(limits.resets, now);
    this.#refusals = new LeakyBucket(limits.refusals, now);
    this.#idleFrames = new LeakyBucket(limits.idleFrames, now);
    this.#idleBytes = new LeakyBucket(limits.idleBytes, now);
  }

  /** Something has come, and all that is charged until the next time came now. */
  begin(now: number): void {
    this.#now = now;
    this.#usefulBytes = 0;
  }

  /** So many bytes came since `begin`. */
  finish(bytes: number): void {
    const idle = bytes - this.#usefulBytes;
    if (idle > 0 && this.#idleBytes.add(idle, this.#now)) throw calmFault('too many bytes that do no work');
  }

  /** A call has come, with headers of so many bytes. */
  addCall(bytes: number): void {
    this.#usefulBytes += bytes;
    this.#pings.give(limits.pingsPerCall);
    this.#windowUpdates.give(limits.windowUpdatesPerCall);
    this.#idleBytes.give(limits.idleBytesPerCall);
  }

  /** Bytes of messages, or of trailers. */
  addUseful(bytes: number): void {
    this.#usefulBytes += bytes;
  }

  /** We have sent a DATA frame; `isCut`: there is more of its message, for which there was no window. */
  addSent(bytes: number, isCut: boolean): void {
    // Else a peer that gives window by the byte would pay for each WINDOW_UPDATE with the frame that it makes us send.
    const part = isCut && bytes < limits.wholeFrameBytesMin ? bytes / limits.wholeFrameBytesMin : 1;
    this.#pings.give(limits.pingsPerFrame * part);
    this.#windowUpdates.give(limits.windowUpdatesPerFrame * part);
    this.#idleBytes.give(limits.idleBytesPerFrame * part);
  }

  addSettings(): void {
    if (this.#settings.add(1, this.#now)) throw calmFault('too many SETTINGS');
  }

  addPing(): void {
    if (this.#pings.add(1, this.#now)) throw calmFault('too many PINGs');
  }

  addWindowUpdate(): void {
    if (this.#windowUpdates.add(1, this.#now)) throw calmFault('too many WINDOW_UPDATEs');
  }

  /** A stream was reset: by the peer, or by us for what the peer did wrong. */
  addReset(): void {
    if (this.#resets.add(1, this.#now)) throw calmFault('too many streams that are reset');
  }

  addRefusal(): void {
    if (this.#refusals.add(1, this.#now)) throw calmFault('too many streams at once');
  }

  addIdleFrame(): void {
    if (this.#idleFrames.add(1, this.#now)) throw calmFault('too many frames that do no work');
  }
}
