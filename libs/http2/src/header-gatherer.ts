/** Puts a header block together that came in HEADERS and CONTINUATION frames. */
import { calmFault, protocolFault } from './connection-fault.ts';
import { limits } from './limits.ts';

export class HeaderGatherer {
  /** The stream whose header block is on its way; 0 while there is none. */
  id = 0;
  isLast = false;
  isSelfDependent = false;
  #parts: Buffer[] = [];
  #bytes = 0;

  /** Begins with a HEADERS frame that lacks END_HEADERS. Its part is copied. */
  begin(id: number, isLast: boolean, isSelfDependent: boolean, part: Buffer): void {
    this.id = id;
    this.isLast = isLast;
    this.isSelfDependent = isSelfDependent;
    this.#parts = [];
    this.#bytes = 0;
    this.#add(part);
  }

  /** The whole block, where that was the end of it. */
  continue(id: number, isEnd: boolean, part: Buffer): Buffer | undefined {
    if (this.id === 0) throw protocolFault('CONTINUATION without HEADERS');
    if (id !== this.id) throw protocolFault(`want CONTINUATION for stream ${this.id}, got one for ${id}`);
    this.#add(part);
    if (!isEnd) return undefined;
    const block = Buffer.concat(this.#parts, this.#bytes);
    this.#parts = [];
    this.id = 0;
    return block;
  }

  #add(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#parts.length === limits.headerFramesMax) throw calmFault('a header list in too many frames');
    if (this.#bytes > limits.headerBlockBytesMax) throw calmFault('a header list of too many bytes');
    this.#parts.push(Buffer.from(part));
  }
}
