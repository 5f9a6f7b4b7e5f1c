import { InferError } from '@sheaf/inference';
import { stepLimits } from '../step-limits.ts';
import { atMost } from './limit.ts';

/** What no protobuf library would have written. */
export const malformed = (what: string): InferError =>
  new InferError('INVALID_ARGUMENT', `the message is not valid protobuf: ${what}`, { reason: 'MESSAGE_MALFORMED' });

/** Of 64 bits, seven in each byte. */
const varintBytesMax = 10;

const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/**
 * Reads protobuf field by field, and strictly: nothing may claim bytes beyond the message that it stands in. Nothing is made of a field before
 * somebody asks for it, so that a small message cannot become a large object.
 *
 * ```ts
 * for (let field = reader.next(); field !== 0; field = reader.next()) {
 *   if (field === 1) name = reader.place();
 *   else reader.skip();
 * }
 * return reader.stringAt(name);
 * ```
 */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;
  /** Fields and packed numbers that have been read. */
  #count = 0;
  #end: number;
  #field = 0;
  #wireType = 0;
  /** The halves of the varint that was read last, unsigned. */
  #low = 0;
  #high = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#end = bytes.length;
  }

  /** The number of the next field of this message; 0 when there is none. */
  next(): number {
    if (this.#at >= this.#end) return 0;
    this.#add(1);
    this.#varint();
    this.#field = this.#low >>> 3;
    this.#wireType = this.#low & 7;
    if (this.#field === 0) throw malformed('a field has the number 0');
    return this.#field;
  }

  /** How many bytes of the message have been read. */
  get at(): number {
    return this.#at;
  }

  /** The number of the field that the reader stands at. */
  get field(): number {
    return this.#field;
  }

  /** Into the message that is this field; hand what it answers to `leave` when `next` has answered 0. */
  enter(): number {
    const length = this.#length();
    const outer = this.#end;
    this.#end = this.#at + length;
    return outer;
  }

  leave(outer: number): void {
    this.#end = outer;
  }

  bytes(): Buffer {
    const length = this.#length();
    const from = this.#at;
    this.#at += length;
    return this.#bytes.subarray(from, this.#at);
  }

  /**
   * Passes over a string or bytes, and answers where they stand, above 0: for `bytesAt` and `stringAt`. Of a field that may come a million times only the
   * last counts, and nothing is made of the others.
   */
  place(): number {
    const place = this.#at;
    const length = this.#length();
    this.#at += length;
    return place;
  }

  /** What stands at a place; nothing at 0. */
  bytesAt(place: number): Buffer {
    const from = this.#goTo(place);
    return this.#bytes.subarray(from, from + this.#low);
  }

  /** What stands at a place; '' at 0. */
  stringAt(place: number): string {
    if (place === 0) return '';
    const from = this.#goTo(place);
    return this.#low === 0 ? '' : this.#bytes.toString('utf8', from, from + this.#low);
  }

  /** Where the bytes of a place begin; `#low` is their number. The reader itself stays where it is. */
  #goTo(place: number): number {
    this.#low = place === 0 ? 0 : (this.#bytes[place] as number);
    if (this.#low < 0x80) return place + 1;
    const after = this.#at;
    this.#at = place;
    this.#varint();
    const from = this.#at;
    this.#at = after;
    return from;
  }

  /** Passes over bytes, and answers how many they are. */
  skipBytes(): number {
    const length = this.#length();
    this.#at += length;
    return length;
  }

  /** Copies bytes to `offset` of `target`, which has room for them; answers how many they are. */
  copyTo(target: Uint8Array, offset: number): number {
    const length = this.#length();
    if (length > 0) this.#bytes.copy(target, offset, this.#at, this.#at + length);
    this.#at += length;
    return length;
  }

  bool(): boolean {
    this.#scalar(wireTypes.varint);
    return this.#low !== 0 || this.#high !== 0;
  }

  /** The lower 32 bits; `high` has the upper ones. */
  uint32(): number {
    this.#scalar(wireTypes.varint);
    return this.#low;
  }

  sint32(): number {
    this.#scalar(wireTypes.varint);
    return (this.#low >>> 1) ^ -(this.#low & 1);
  }

  /** Exact up to 2^53; beyond it, also, no safe integer. */
  int64Number(): number {
    this.#scalar(wireTypes.varint);
    return (this.#high | 0) * 2 ** 32 + this.#low;
  }

  double(): number {
    this.#scalar(wireTypes.fixed64);
    return this.#bytes.readDoubleLE(this.#at - 8);
  }

  float(): number {
    this.#scalar(wireTypes.fixed32);
    return this.#bytes.readFloatLE(this.#at - 4);
  }

  /** Whether the field is a list of numbers in one piece; a list may also come number by number. */
  get isPacked(): boolean {
    return this.#wireType === wireTypes.bytes;
  }

  /** The next varint of a packed list that was entered; false when there is none. Read it with `low`, `high`. */
  nextPacked(): boolean {
    if (this.#at >= this.#end) return false;
    this.#add(1);
    this.#varint();
    return true;
  }

  /** Passes over a packed list of varints, and answers how many they are: each ends with a byte below 128. */
  countPacked(): number {
    const length = this.#length();
    this.#add(Math.floor(length / varintBytesMax));
    const end = this.#at + length;
    let count = 0;
    for (; this.#at < end; this.#at++) if ((this.#bytes[this.#at] as number) < 0x80) count++;
    return count;
  }

  get low(): number {
    return this.#low;
  }

  get high(): number {
    return this.#high;
  }

  skip(): void {
    if (this.#wireType === wireTypes.varint) this.#varint();
    else if (this.#wireType === wireTypes.fixed64) this.#advance(8);
    else if (this.#wireType === wireTypes.bytes) this.#advance(this.#length());
    else if (this.#wireType === wireTypes.fixed32) this.#advance(4);
    else throw malformed(`field ${this.#field} has the wire type ${this.#wireType}`);
  }

  #add(count: number): void {
    this.#count += count;
    if (this.#count > stepLimits.fieldsMax)
      atMost('the fields and packed numbers of the message', this.#count, stepLimits.fieldsMax);
  }

  #scalar(wireType: number): void {
    if (this.#wireType !== wireType) throw this.#unexpected(wireType);
    if (wireType === wireTypes.varint) this.#varint();
    else this.#advance(wireType === wireTypes.fixed64 ? 8 : 4);
  }

  #length(): number {
    if (this.#wireType !== wireTypes.bytes) throw this.#unexpected(wireTypes.bytes);
    this.#varint();
    if (this.#high !== 0 || this.#low > this.#end - this.#at) throw malformed('a field is longer than its message');
    return this.#low;
  }

  #advance(bytes: number): void {
    if (bytes > this.#end - this.#at) throw malformed('a field is longer than its message');
    this.#at += bytes;
  }

  #varint(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= this.#end) throw malformed('a number is cut off');
      const byte = this.#bytes[this.#at++] as number;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift > 28) high |= bits << (shift - 32);
      else {
        low |= bits << 28;
        high |= bits >>> 4;
      }
      if (byte < 0x80) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    throw malformed('a number takes more than ten bytes');
  }

  #unexpected(wanted: number): InferError {
    return malformed(`field ${this.#field} has the wire type ${this.#wireType}, want ${wanted}`);
  }
}
