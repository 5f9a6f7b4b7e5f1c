import { randomFillSync } from 'node:crypto';

/** A draw from the system's generator costs some 20 us, however few the bytes: many are drawn at once. */
const pool = Buffer.alloc(8192);
let used = pool.length;

/** So many random bytes as lower-case hex digits. At most 64. */
export function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}
