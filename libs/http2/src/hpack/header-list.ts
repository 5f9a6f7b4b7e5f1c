/** A header list as it is told: fields in their order, and what a name holds. */
import type { Field, HeaderList } from '../types.ts';

/** `size` is that of RFC 9113, 6.5.2: `fieldSize` of each. */
export function createHeaderList(fields: readonly Field[], size: number): HeaderList {
  return {
    fields,
    size,
    get(wanted) {
      let found: string | undefined;
      // Lists are short, and are mostly asked for a few names: an index of the names would cost more than it saves.
      for (const [name, value] of fields) {
        if (name === wanted) found = found === undefined ? value : `${found}, ${value}`;
      }
      return found;
    },
  };
}
