/** Header lists by the bytes they were decoded from. Callers send the same headers again and again, and finding a list takes a tenth of decoding it. */
import type { DecodedHeaderList } from './header-list.ts';

/** What is kept for one connection: the sum of the lists' sizes. It goes into the memory that each connection may take. */
const bytesMax = 16 * 1024;
/** A longer block is not looked for: making a key of it would cost more than it is likely to save. */
const blockBytesMax = 2048;

export interface BlockCache {
  get(block: Buffer): DecodedHeaderList | undefined;
  /** Forgets all others where there is no room. */
  set(block: Buffer, list: DecodedHeaderList): void;
  clear(): void;
}

export function createBlockCache(): BlockCache {
  const lists = new Map<string, DecodedHeaderList>();
  let bytes = 0;
  const clear = (): void => {
    lists.clear();
    bytes = 0;
  };
  return {
    get: (block) =>
      lists.size === 0 || block.length > blockBytesMax ? undefined : lists.get(block.toString('latin1')),
    set(block, list) {
      const added = block.length + list.size;
      if (block.length > blockBytesMax || added > bytesMax) return;
      if (bytes + added > bytesMax) clear();
      bytes += added;
      lists.set(block.toString('latin1'), list);
    },
    clear() {
      if (lists.size > 0) clear();
    },
  };
}
