/** Header blocks that are made once, or from what a call is told. */
import { encodeHeaders, type Field, type HeaderBlock } from '@sheaf/http2';

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
    this.#bytes ??= encodeHeaders(this.fields).bytes;
    return this.#bytes;
  }
}
