/** A BF16 is the upper half of an FP32. */

export function widened(bits: Uint16Array): Float32Array {
  const wide = new Uint32Array(bits.length);
  for (let index = 0; index < bits.length; index++) wide[index] = (bits[index] as number) << 16;
  return new Float32Array(wide.buffer);
}

/** Of numbers that were BF16 before, so that nothing is lost. */
export function narrowed(values: Float32Array): Uint16Array<ArrayBuffer> {
  const wide = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bits = new Uint16Array(values.length);
  for (let index = 0; index < bits.length; index++) bits[index] = (wide[index] as number) >>> 16;
  return bits;
}
