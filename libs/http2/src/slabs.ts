/** Memory in which frames are written before they go to a socket; used again and again, since an ArrayBuffer for each write costs more than the write. */

export const slabBytes = 32 * 1024;

/** Slabs that are kept while nobody uses them: 2 MiB. */
const spareMax = 64;

const spare: Buffer[] = [];

export const takeSlab = (): Buffer => spare.pop() ?? Buffer.allocUnsafeSlow(slabBytes);

/** To be called once nobody reads it any more. */
export function giveSlab(slab: Buffer): void {
  if (spare.length < spareMax) spare.push(slab);
}
