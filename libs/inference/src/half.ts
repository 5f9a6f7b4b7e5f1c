/** Floats of sixteen bits, as bit patterns: no engine has an array of BF16, and not every one a Float16Array. */

interface Format {
  /** Bits of the fraction. */
  readonly fraction: number;
  /** The exponent of the smallest number that is not subnormal. */
  readonly exponentMin: number;
}

const formats = {
  // IEEE 754 binary16.
  FP16: { fraction: 10, exponentMin: -14 },
  // The upper half of a binary32.
  BF16: { fraction: 7, exponentMin: -126 },
} as const satisfies Readonly<Record<string, Format>>;

export type HalfDatatype = keyof typeof formats;

const infinityOf = ({ fraction }: Format): number => 0x7fff & ~((1 << fraction) - 1);

const scratch = new DataView(new ArrayBuffer(8));

/** The power of two that a positive number begins with. Of subnormal doubles, which both formats round to 0, one below all others. */
function exponentOf(value: number): number {
  scratch.setFloat64(0, value);
  return (scratch.getUint16(0) >> 4) - 1023;
}

/** Rounded to the nearest that the format has, of two alike the even one; infinite past the largest. */
function encode(value: number, format: Format): number {
  const { fraction, exponentMin } = format;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  if (Number.isNaN(value)) return infinityOf(format) | (1 << (fraction - 1));
  const size = Math.abs(value);
  if (size === Number.POSITIVE_INFINITY) return sign | infinityOf(format);
  const exponent = Math.max(exponentOf(size), exponentMin);
  // By a power of two, so exact: what is behind the point is what the format has no place for.
  const scaled = size / 2 ** (exponent - fraction);
  const below = Math.floor(scaled);
  const rest = scaled - below;
  const rounded = rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
  // A fraction that is rounded up to the next power of two counts the exponent up by itself; a subnormal one has an exponent of 0.
  const bits = ((exponent - exponentMin) << fraction) + rounded;
  return sign | Math.min(bits, infinityOf(format));
}

function decode(bits: number, format: Format): number {
  const { fraction, exponentMin } = format;
  const exponent = (bits & 0x7fff) >> fraction;
  const part = bits & ((1 << fraction) - 1);
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === infinityOf(format) >> fraction) return part === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  const whole = exponent === 0 ? part : part + (1 << fraction);
  return sign * whole * 2 ** (Math.max(exponent, 1) - 1 + exponentMin - fraction);
}

/** Numbers as bit patterns. */
export function toHalves(datatype: HalfDatatype, values: ArrayLike<number>): Uint16Array {
  const halves = new Uint16Array(values.length);
  for (let index = 0; index < halves.length; index++)
    halves[index] = encode(values[index] as number, formats[datatype]);
  return halves;
}

/** Bit patterns as numbers, none of which is rounded. */
export function fromHalves(datatype: HalfDatatype, halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, (bits) => decode(bits, formats[datatype]));
}
