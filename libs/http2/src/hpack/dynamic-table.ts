/** The dynamic table of RFC 7541, 2.3.2: the newest fields, as many as fit its size. */
import type { Field } from '../types.ts';

/** What each field counts beside its name and its value. */
export const fieldOverhead = 32;

export const fieldSize = (name: string, value: string): number => name.length + value.length + fieldOverhead;

export interface DynamicTable {
  readonly length: number;
  /** Of all that it holds, each field by `fieldSize`. */
  readonly size: number;
  readonly sizeMax: number;
  /** The field that came as the `at`th last, from 0; undefined where there is none. */
  get(at: number): Field | undefined;
  /** Adds a field; the oldest go until it fits. One that is larger than the table empties it, and is not kept. */
  add(field: Field): void;
  /** Drops the oldest until what is left fits. */
  resize(sizeMax: number): void;
}

export function createDynamicTable(sizeMaxAtFirst: number): DynamicTable {
  // A ring whose length is a power of two; it grows with what is in it, so a connection that adds nothing has none.
  let ring: (Field | undefined)[] = [];
  let newest = 0;
  let length = 0;
  let size = 0;
  let sizeMax = sizeMaxAtFirst;

  const slotOf = (at: number): number => (newest - at) & (ring.length - 1);

  function evictTo(limit: number): void {
    while (size > limit) {
      const slot = slotOf(--length);
      const [name, value] = ring[slot] ?? ['', ''];
      size -= fieldSize(name, value);
      ring[slot] = undefined;
    }
  }

  function grow(): void {
    const kept = Array.from({ length }, (_, at) => ring[slotOf(length - 1 - at)]);
    ring = [...kept, ...new Array<undefined>(Math.max(8, length)).fill(undefined)];
    newest = length - 1;
  }

  return {
    get length() {
      return length;
    },
    get size() {
      return size;
    },
    get sizeMax() {
      return sizeMax;
    },
    get: (at) => (at < length ? ring[slotOf(at)] : undefined),
    add(field) {
      const added = fieldSize(field[0], field[1]);
      if (added > sizeMax) {
        evictTo(0);
        return;
      }
      evictTo(sizeMax - added);
      if (length === ring.length) grow();
      newest = (newest + 1) & (ring.length - 1);
      ring[newest] = field;
      length++;
      size += added;
    },
    resize(limit) {
      sizeMax = limit;
      evictTo(limit);
    },
  };
}
