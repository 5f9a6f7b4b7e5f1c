/** How far two lists of floats are from each other. */

export interface FloatsApart {
  /** Of all of them, how many are others. */
  readonly changed: number;
  readonly count: number;
  /** NaN where one is none and the other is. */
  readonly largest: number;
  readonly mean: number;
}

/** `a` and `b` are little-endian and of one length; `bytesEach` is 4 or 8. */
export function floatsApart(a: Uint8Array, b: Uint8Array, bytesEach: 4 | 8): FloatsApart {
  const [one, other] = [a, b].map((bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const count = Math.floor(a.byteLength / bytesEach);
  let [changed, largest, sum] = [0, 0, 0];
  for (let at = 0; at < count * bytesEach; at += bytesEach) {
    const x = (bytesEach === 4 ? one?.getFloat32(at, true) : one?.getFloat64(at, true)) ?? 0;
    const y = (bytesEach === 4 ? other?.getFloat32(at, true) : other?.getFloat64(at, true)) ?? 0;
    if (Object.is(x, y)) continue;
    changed++;
    const apart = Math.abs(x - y);
    sum += apart;
    if (!(apart <= largest)) largest = apart;
  }
  return { changed, count, largest, mean: count === 0 ? 0 : sum / count };
}
