/** Writes protobuf into one buffer that grows. Scalars that are their type's default are left out, as proto3 has it. */
export class WireWriter {
  #bytes: Buffer;
  #at = 0;

  /** `capacity` is a guess of the bytes that it will take; a wrong one costs a copy. */
  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  get length(): number {
    return this.#at;
  }

  /** What was written; nothing may be written afterwards. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  /** Leaves room for bytes that are no protobuf and that somebody else fills in. */
  blank(bytes: number): void {
    this.#reserve(bytes);
    this.#at += bytes;
  }

  /** Begins a message inside this one, of about `bytes`; hand what it answers to `end`. */
  begin(field: number, bytes = 0): number {
    this.#tag(field, 2);
    const width = varintBytes(bytes);
    this.#reserve(width);
    this.#at += width;
    return this.#at * 8 + width;
  }

  end(mark: number): void {
    const width = mark % 8;
    const from = (mark - width) / 8;
    const length = this.#at - from;
    const wanted = varintBytes(length);
    if (wanted !== width) {
      this.#reserve(wanted);
      this.#bytes.copyWithin(from - width + wanted, from, this.#at);
    }
    this.#at = from - width;
    this.#varint(length);
    this.#at += length;
  }

  bytes(field: number, value: Uint8Array): void {
    this.#tag(field, 2);
    this.#reserve(value.length + 10);
    this.#varint(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  string(field: number, value: string): void {
    if (value !== '') this.element(field, value);
  }

  /** A string that is written even when it is empty: an element of a list. */
  element(field: number, value: string): void {
    this.#tag(field, 2);
    // A UTF-16 unit takes at most three bytes.
    this.#reserve(value.length * 3 + 10);
    if (value.length < 128 && this.#short(value)) return;
    const length = Buffer.byteLength(value);
    this.#varint(length);
    this.#bytes.write(value, this.#at, length, 'utf8');
    this.#at += length;
  }

  /** Most are short and ASCII: a loop takes less than to ask Buffer twice. False, and nothing is written, when it is not so. */
  #short(value: string): boolean {
    const bytes = this.#bytes;
    const from = this.#at + 1;
    for (let index = 0; index < value.length; index++) {
      const unit = value.charCodeAt(index);
      if (unit >= 0x80) return false;
      bytes[from + index] = unit;
    }
    bytes[this.#at] = value.length;
    this.#at = from + value.length;
    return true;
  }

  bool(field: number, value: boolean): void {
    this.#tag(field, 0);
    this.#varint(value ? 1 : 0);
  }

  /** An integer of 0 to 2^53. */
  uint(field: number, value: number): void {
    if (value === 0) return;
    this.#tag(field, 0);
    this.#varint(value);
  }

  sint32(field: number, value: number): void {
    this.#tag(field, 0);
    this.#varint(((value << 1) ^ (value >> 31)) >>> 0);
  }

  /** Any integer of 64 bits, signed or not. */
  int64(field: number, value: bigint): void {
    this.#tag(field, 0);
    this.#big(value);
  }

  double(field: number, value: number): void {
    this.#tag(field, 1);
    this.#reserve(8);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  float(field: number, value: number): void {
    if (value === 0) return;
    this.#tag(field, 5);
    this.#reserve(4);
    this.#at = this.#bytes.writeFloatLE(value, this.#at);
  }

  /** A packed list of integers. */
  packed(field: number, values: Iterable<number | bigint>): void {
    const mark = this.begin(field);
    for (const value of values) {
      if (typeof value === 'number' && value >= 0) {
        this.#reserve(10);
        this.#varint(value);
      } else this.#big(BigInt(value));
    }
    this.end(mark);
  }

  #tag(field: number, wireType: number): void {
    this.#reserve(15);
    this.#varint(field * 8 + wireType);
  }

  #big(value: bigint): void {
    this.#reserve(10);
    let rest = BigInt.asUintN(64, value);
    while (rest >= 0x80n) {
      this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#at++] = Number(rest);
  }

  /** Whoever calls has reserved the ten bytes that it may take. */
  #varint(value: number): void {
    let rest = value;
    while (rest >= 2 ** 31) {
      this.#bytes[this.#at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 0x80) {
      this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#at++] = rest;
  }

  #reserve(bytes: number): void {
    const wanted = this.#at + bytes;
    if (wanted <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(wanted, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
  }
}

/** Lengths only: at most five bytes. */
function varintBytes(value: number): number {
  if (value < 2 ** 7) return 1;
  if (value < 2 ** 14) return 2;
  if (value < 2 ** 21) return 3;
  return value < 2 ** 28 ? 4 : 5;
}
