import { type Arriving, noRoom, type Share } from '../bytes/byte-room.ts';
import type { BytesInFlight, Hold } from '../bytes/bytes-in-flight.ts';
import type { MessageRoom } from '../unary-message.ts';

/** Of a message of a small method, what is never counted: who only asks whether the server is there is answered, whatever the others send. */
const uncountedBytes = 1024;

/** Room for what a call of a method that does not infer brings, and for its answers that are not read: it never waits, and never has that of large messages. */
export class SmallRoom implements MessageRoom {
  readonly #bytes: BytesInFlight;
  readonly #connection: object;
  #hold: Hold | undefined;
  #wanted = 0;
  #counted = 0;

  constructor(bytes: BytesInFlight, connection: object) {
    this.#bytes = bytes;
    this.#connection = connection;
  }

  get share(): Share {
    return this.#bytes.shareOfConnection(this.#connection);
  }

  reserve(): undefined {
    return undefined;
  }

  take(bytes: number): void {
    this.#wanted += bytes;
    const more = this.#wanted - uncountedBytes - this.#counted;
    if (more <= 0) return;
    this.#hold ??= this.#bytes.open(this.share);
    if (!this.#hold.takeSmall(more)) {
      this.#wanted -= bytes;
      throw noRoom();
    }
    this.#counted += more;
  }

  give(bytes: number): void {
    this.#wanted -= bytes;
    // A stream that lasts keeps nothing of what it once had.
    if (this.#wanted <= uncountedBytes) this.release();
  }

  watch(_messageBytes: number, arriving: Arriving): () => void {
    return this.#hold?.watch(0, arriving) ?? (() => {});
  }

  release(): void {
    this.#hold?.release();
    this.#hold = undefined;
    this.#counted = 0;
  }
}

/** Where a stream has its memory. */
export type StreamRoom = Pick<SmallRoom, 'take' | 'give' | 'watch' | 'release'>;

/** Of streams between processes of a mesh, which count what is on them for themselves. */
export const uncounted: StreamRoom = { take: () => {}, give: () => {}, watch: () => () => {}, release: () => {} };
