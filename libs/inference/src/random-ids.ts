import { randomFillSync } from 'node:crypto';

/** A draw from the system's generator costs some 20 us, however few the bytes: many are drawn at once. */
const pool = Buffer.alloc(8192);
let drawn = pool.length;

/** Bytes that become digits together: to make a text crosses into C++, and to cut a piece off one does not. A piece keeps all of its text in memory. */
const textBytes = 512;
let text = '';
let used = 0;

/** So many random bytes as lower-case hex digits. At most 64. */
export function randomHex(bytes: number): string {
  if (used + 2 * bytes > text.length) refill();
  used += 2 * bytes;
  return text.slice(used - 2 * bytes, used);
}

function refill(): void {
  if (drawn === pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  text = pool.toString('hex', drawn, drawn + textBytes);
  used = 0;
  drawn += textBytes;
}
