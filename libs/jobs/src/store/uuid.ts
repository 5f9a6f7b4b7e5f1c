import { randomHex } from '@sheaf/inference';

let lastMs = 0;
let counter = 0;

/**
 * A UUIDv7 (RFC 9562, method 1): greater than all that this thread has made before, also within a millisecond and when the clock was set back. Those of other
 * processes in the same millisecond come in any order.
 */
export function uuidV7(nowMs: number = Date.now()): string {
  counter = nowMs > lastMs ? 0 : counter + 1;
  lastMs = Math.max(lastMs, nowMs);
  if (counter > 0xfff) [lastMs, counter] = [lastMs + 1, 0];
  const time = lastMs.toString(16).padStart(12, '0');
  const random = randomHex(8);
  const variant = (8 + (Number.parseInt(random[0] ?? '0', 16) & 3)).toString(16);
  const count = counter.toString(16).padStart(3, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${variant}${random.slice(1, 4)}-${random.slice(4)}`;
}
