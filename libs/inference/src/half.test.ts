import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fromHalves, type HalfDatatype, toHalves } from './index.ts';

const everyPattern = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits);

/** What the engine itself makes of FP16; of BF16 by taking the upper half of a binary32. */
const ours: Readonly<Record<HalfDatatype, (halves: Uint16Array) => Float32Array>> = {
  FP16: (halves) => Float32Array.from(new Float16Array(halves.slice().buffer)),
  BF16: (halves) => new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer),
};
const bitsOf = (datatype: HalfDatatype, value: number): number => toHalves(datatype, [value])[0] as number;
const numberOf = (datatype: HalfDatatype, bits: number): number =>
  fromHalves(datatype, Uint16Array.of(bits))[0] as number;

describe('floats of sixteen bits', () => {
  for (const datatype of ['FP16', 'BF16'] as const)
    it(`${datatype}: every pattern is the number that it is, and that number is the pattern`, () => {
      const values = fromHalves(datatype, everyPattern);
      assert.deepEqual([...values], [...ours[datatype](everyPattern)]);
      const back = toHalves(datatype, values);
      const changed = everyPattern.filter((bits, index) => back[index] !== bits && !Number.isNaN(values[index]));
      assert.deepEqual([...changed], []);
    });

  it('FP16: any double is rounded as the engine rounds it', () => {
    const check = (value: number): void =>
      assert.equal(bitsOf('FP16', value), new Uint16Array(Float16Array.of(value).buffer)[0], String(value));
    fc.assert(fc.property(fc.double({ noNaN: true }), check), { numRuns: 2_000 });
    fc.assert(fc.property(fc.double({ noNaN: true, min: -70_000, max: 70_000 }), check), { numRuns: 5_000 });
    fc.assert(fc.property(fc.double({ noNaN: true, min: -1e-4, max: 1e-4 }), check), { numRuns: 5_000 });
    // Midways, and what is nearer to one side by the last bit of a double: rounding by way of FP32 gets these wrong.
    for (const [value, bits] of [
      [2049, 0x6800],
      [2051, 0x6802],
      [2049 + 2 ** -41, 0x6801],
      [2 ** -25, 0x0000],
      [2 ** -25 + 2 ** -77, 0x0001],
      [65_519, 0x7bff],
      [65_520, 0x7c00],
      [-0, 0x8000],
    ] as const)
      assert.equal(bitsOf('FP16', value), bits, String(value));
  });

  it('BF16: any double is rounded to the nearest, of two alike to the even one', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -3.38e38, max: 3.38e38 }), (value) => {
        const bits = bitsOf('BF16', value);
        const by = (other: number): number => Math.abs(numberOf('BF16', other) - value);
        for (const other of [bits - 1, bits + 1].filter(
          (near) => (near & 0x7fff) < 0x7f80 && (near & 0x8000) === (bits & 0x8000),
        ))
          assert.ok(by(bits) < by(other) || (by(bits) === by(other) && bits % 2 === 0), `${value}: ${bits}`);
      }),
      { numRuns: 5_000 },
    );
    assert.deepEqual([bitsOf('BF16', 257), bitsOf('BF16', 259), bitsOf('BF16', 3.4e38)], [0x4380, 0x4382, 0x7f80]);
  });
});
