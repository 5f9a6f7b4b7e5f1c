/** A header list as it is told: fields in their order, and the values of a name. */
import type { Field, HeaderList } from '../types.ts';

/** Whether a list may begin a stream (RFC 9113, 8.2 and 8.3). */
export interface Verdict {
  /** One sentence about the error, if there is one. */
  readonly fault: string | undefined;
  /** The content-length; -1 where the list has none. */
  readonly bodyBytes: number;
}

export class DecodedHeaderList implements HeaderList {
  readonly fields: readonly Field[];
  readonly size: number;
  /** Kept with the list, since calls that send the same bytes share it. A WeakMap would cost more than the verdict. */
  verdict: Verdict | undefined = undefined;

  constructor(fields: readonly Field[], size: number) {
    this.fields = fields;
    this.size = size;
  }

  get(wanted: string): string | undefined {
    let found: string | undefined;
    // Lists are short, and are mostly asked for a few names: an index of the names would cost more than it saves.
    for (const [name, value] of this.fields) {
      if (name !== wanted) continue;
      // RFC 9113, 8.2.3: clients split cookies for the sake of compression.
      found = found === undefined ? value : `${found}${name === 'cookie' ? '; ' : ', '}${value}`;
    }
    return found;
  }
}

/** `size` is that of RFC 9113, 6.5.2: `fieldSize` of each. */
export const createHeaderList = (fields: readonly Field[], size: number): DecodedHeaderList =>
  new DecodedHeaderList(fields, size);
