/** Header blocks that are made once, or from what a call is told. */
import type { Field, HeaderBlock } from '@sheaf/http2';

/** A header block of these fields; names in lower case, values as they stand on the wire. */
export const headerBlock = (fields: readonly Field[]): HeaderBlock => new Fields(fields);

/** The fields of a block that `headerBlock` made. */
export const fieldsOf = (block: HeaderBlock): readonly Field[] => (block as Fields).fields;

/** Written when it is sent, and no earlier: who speaks node:http2 needs the fields. */
class Fields implements HeaderBlock {
  readonly fields: readonly Field[];
  #bytes: Buffer | undefined;

  constructor(fields: readonly Field[]) {
    this.fields = fields;
  }

  get bytes(): Buffer {
    this.#bytes ??= encode(this.fields);
    return this.#bytes;
  }
}

/** Literals that are not indexed (RFC 7541, 6.2.2). */
function encode(fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(0), text(name), text(value)]));
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([integer(bytes.length), bytes]);
}

/** In seven bits and as many bytes after them as it takes (RFC 7541, 5.1). */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.of(value);
  const bytes = [127];
  let rest = value - 127;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.of(...bytes, rest);
}
