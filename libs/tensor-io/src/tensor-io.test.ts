import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createJimp } from '@jimp/core';
import jpeg from '@jimp/js-jpeg';
import png from '@jimp/js-png';
import { type Datatype, elements, packBytes, type Tensor, type TensorSpec, tensorOf } from '@sheaf/inference';
import fc from 'fast-check';
import { drawBoxes } from './draw.ts';
import { decodeImage, imageTensor, parseJsonTensor, readTensor, toJson } from './index.ts';

const Jimp = createJimp({ formats: [png, jpeg], plugins: [] });

/** A picture of one colour but for its first pixel, which is black. */
async function picture(width: number, height: number, colour: number, type: 'image/png' | 'image/jpeg' = 'image/png') {
  const image = new Jimp({ width, height, color: colour });
  image.bitmap.data.set([0, 0, 0, 255], 0);
  return image.getBuffer(type);
}

const spec = (datatype: Datatype, ...shape: number[]): TensorSpec => ({ name: 'x', datatype, shape });
const floats = (tensor: Tensor): number[] => Array.from(elements({ ...tensor, datatype: 'FP32' as const }));
const wrong = (message: RegExp) => ({ code: 'INVALID_ARGUMENT', message });
const red = 0xff0000ff;

describe('an image', () => {
  it('becomes grey, RGB side by side or RGB in planes, as the input asks', async () => {
    const bytes = await picture(2, 1, red);
    assert.deepEqual([...(await readTensor(bytes, spec('UINT8', -1, -1))).data], [0, 76]);
    assert.deepEqual([...(await readTensor(bytes, spec('UINT8', -1, -1, 3))).data], [0, 0, 0, 255, 0, 0]);
    const planes = await readTensor(bytes, spec('FP32', -1, 3, 1, 2));
    assert.deepEqual(planes.shape, [1, 3, 1, 2]);
    assert.deepEqual(floats(planes), [0, 1, 0, 0, 0, 0]);
  });

  it('shows white where it is transparent', async () => {
    const image = await decodeImage(await picture(2, 1, 0x00000000));
    assert.deepEqual([...imageTensor(image, spec('UINT8', 1, 2)).data], [0, 255]);
  });

  it('may be a JPEG, a pixel wide, or very wide', async () => {
    const jpegBytes = await picture(16, 8, 0xffffffff, 'image/jpeg');
    assert.deepEqual((await readTensor(jpegBytes, spec('UINT8', -1, -1))).shape, [8, 16]);
    assert.deepEqual((await readTensor(await picture(1, 1, red), spec('UINT8', -1, -1))).shape, [1, 1]);
    assert.deepEqual((await readTensor(await picture(20_000, 1, red), spec('UINT8', -1, -1))).shape, [1, 20_000]);
  });

  it('is refused when it is damaged, too large, of another size than asked, or asked for as what no image is', async () => {
    const bytes = await picture(40, 30, red);
    for (const damaged of [
      bytes.subarray(0, 12),
      bytes.subarray(0, 60),
      (await picture(40, 30, red, 'image/jpeg')).subarray(0, 200),
    ])
      await assert.rejects(readTensor(damaged, spec('UINT8', -1, -1)), wrong(/^the image is damaged or cut off$/));
    const huge = Buffer.from(bytes);
    huge.writeUInt32BE(2 ** 31 - 1, 16);
    await assert.rejects(readTensor(huge, spec('UINT8', -1, -1)), wrong(/the limit is 67108864 pixels/));
    await assert.rejects(
      readTensor(bytes, spec('UINT8', 30, 41)),
      wrong(/^x: want an image of 41 x 30 pixels, got 40 x 30$/),
    );
    await assert.rejects(readTensor(bytes, spec('INT64', -1, -1)), wrong(/^x: an image can be UINT8 or FP32/));
    await assert.rejects(decodeImage(Buffer.from('GIF89a')), wrong(/no PNG or JPEG/));
  });
});

/** As numpy.save writes it. */
function npy(descr: string, shape: string, data: Uint8Array, fortran = 'False'): Buffer {
  const header = `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;
  const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 0xff, header.length >> 8]);
  return Buffer.concat([head, Buffer.from(header), data]);
}

const bytesOf = (view: ArrayBufferView): Buffer =>
  Buffer.from(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength);

describe('a .npy file', () => {
  it('is read with its own shape', async () => {
    const bytes = npy('<f4', '(2, 3)', bytesOf(Float32Array.of(1, 2, 3, 4, 5, 6)));
    const tensor = await readTensor(bytes, spec('FP32', -1, 3));
    assert.deepEqual(
      [tensor.shape, floats(tensor)],
      [
        [2, 3],
        [1, 2, 3, 4, 5, 6],
      ],
    );
    assert.deepEqual((await readTensor(npy('<i8', '()', bytesOf(BigInt64Array.of(7n))), spec('INT64'))).shape, []);
  });

  it('is refused when it is cut off, of another datatype, in another order or of no kind that a tensor can have', async () => {
    const good = npy('<f4', '(2,)', bytesOf(Float32Array.of(1, 2)));
    const read = (bytes: Uint8Array) => readTensor(bytes, spec('FP32', -1));
    await assert.rejects(read(good.subarray(0, 11)), wrong(/^x: the \.npy file is cut off/));
    await assert.rejects(read(good.subarray(0, 60)), wrong(/cut off/));
    await assert.rejects(read(good.subarray(0, good.length - 1)), wrong(/^x: want 8 bytes for FP32 \[2\], got 7/));
    await assert.rejects(read(npy('<f8', '(1,)', bytesOf(Float64Array.of(1)))), wrong(/want datatype FP32, got FP64/));
    await assert.rejects(read(npy('>f4', '(1,)', Buffer.alloc(4))), wrong(/holds >f4/));
    await assert.rejects(read(npy('<f4', '(1, 1)', Buffer.alloc(4), 'True')), wrong(/Fortran order/));
    await assert.rejects(read(npy('|O', '(1,)', Buffer.alloc(4))), wrong(/holds \|O/));
  });
});

describe('JSON', () => {
  const read = (text: string, ...args: Parameters<typeof spec>) => readTensor(Buffer.from(text), spec(...args));

  it('gives back what was put in, for every datatype that it can hold', () => {
    const values: [Datatype, ArrayBufferView][] = [
      ['BOOL', Uint8Array.of(0, 1)],
      ['INT8', Int8Array.of(-128, 127)],
      ['UINT16', Uint16Array.of(0, 65_535)],
      ['INT64', BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n)],
      ['UINT64', BigUint64Array.of(2n ** 64n - 1n, 3n)],
      ['FP16', Uint16Array.of(0x3555, 0x8001)],
      ['BF16', Uint16Array.of(0x3eab, 0xff80)],
      ['FP32', Float32Array.of(-0.5, Number.NaN)],
      ['FP64', Float64Array.of(5e-324, Number.NEGATIVE_INFINITY)],
    ];
    for (const [datatype, view] of values) {
      const tensor = tensorOf('x', datatype, [2], view);
      assert.deepEqual(parseJsonTensor(JSON.parse(JSON.stringify(toJson(tensor).data)), spec(datatype, -1)), tensor);
    }
  });

  it('reads nested lists row by row, empty ones too, and text', async () => {
    assert.deepEqual(floats(await read('[[1, 2], [3, 4]]', 'FP32', -1, 2)), [1, 2, 3, 4]);
    assert.deepEqual((await read('[]', 'FP32', -1, 2)).shape, [0, 2]);
    assert.deepEqual(toJson(await read('["a", "ü"]', 'BYTES', -1)).data, ['a', 'ü']);
  });

  it('names the element that is wrong', async () => {
    await assert.rejects(read('[[1, 2], [3]]', 'FP32', -1, 2), wrong(/^x\[1\]: want 2 elements, got 1$/));
    await assert.rejects(read('[[1, "a"]]', 'FP32', -1, 2), wrong(/^x\[0\]\[1\]: want a number, got "a"$/));
    await assert.rejects(read('[1, 2]', 'FP32', -1, 2), wrong(/^x\[0\]: want a list, 1 deep/));
    await assert.rejects(read('[300]', 'INT8', -1), wrong(/^x\[0\]: want -128 to 127, got 300$/));
    await assert.rejects(read('[1.5]', 'INT32', -1), wrong(/^x\[0\]: want an integer/));
    await assert.rejects(read('[9007199254740993]', 'INT64', -1), wrong(/as a string/));
    await assert.rejects(read('[1', 'FP32', -1), wrong(/^x: is no JSON/));
  });

  it('rounds to the nearest number that a float of sixteen or thirty-two bits has, and tells what is past the largest', async () => {
    const bits = async (text: string, datatype: Datatype): Promise<number[]> =>
      Array.from(elements({ ...(await read(text, datatype, -1)), datatype: 'UINT16' as const }));
    assert.deepEqual(
      await bits('[0.1, -2, 2049, 2051, 65504, 1e-8, "NaN"]', 'FP16'),
      [0x2e66, 0xc000, 0x6800, 0x6802, 0x7bff, 0, 0x7e00],
    );
    assert.deepEqual(await bits('[0.1, -3, 257, 259, "-Infinity"]', 'BF16'), [0x3dcd, 0xc040, 0x4380, 0x4382, 0xff80]);
    await assert.rejects(
      read('[1, 65520]', 'FP16', -1),
      wrong(/^x\[1\]: want a number that FP16 has, -65504 to 65504, got 65520$/),
    );
    for (const [text, datatype] of [
      ['3.4e38', 'BF16'],
      ['1e39', 'FP32'],
      ['-1e400', 'FP64'],
    ] as const)
      await assert.rejects(read(`[${text}]`, datatype, -1), wrong(new RegExp(`want a number that ${datatype} has, -`)));
    await assert.rejects(read('["1"]', 'FP16', -1), wrong(/^x\[0\]: want a number, got "1"$/));
  });

  it('never takes a list for what it is not', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        try {
          const { shape, data } = parseJsonTensor(JSON.parse(text), spec('INT32', -1, 2));
          assert.equal(data.byteLength, 4 * (shape[0] ?? 0) * (shape[1] ?? 0));
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'INVALID_ARGUMENT');
        }
      }),
    );
  });

  it('shows sixteen-bit floats as numbers', () => {
    const half = (datatype: Datatype, ...bits: number[]) =>
      toJson(tensorOf('x', datatype, [bits.length], Uint16Array.from(bits))).data;
    assert.deepEqual(half('FP16', 0x3c00, 0xc000, 0x0001, 0x7c00, 0x7e00), [1, -2, 2 ** -24, 'Infinity', 'NaN']);
    assert.deepEqual(half('BF16', 0x3f80, 0xc040), [1, -3]);
  });
});

describe('a raw file', () => {
  it('has its one open dimension told by its size, and its shape told where that is not enough', async () => {
    const bytes = bytesOf(Float32Array.of(1, 2, 3, 4));
    assert.deepEqual((await readTensor(bytes, spec('FP32', -1, 2))).shape, [2, 2]);
    await assert.rejects(readTensor(bytes, spec('FP32', -1, -1)), wrong(/needs its shape told/));
    assert.deepEqual((await readTensor(bytes, spec('FP32', -1, -1), [4, 1])).shape, [4, 1]);
    await assert.rejects(
      readTensor(bytes.subarray(1), spec('FP32', -1)),
      wrong(/want a multiple of 4 bytes for FP32 \[-1\], got 15/),
    );
    await assert.rejects(readTensor(bytes, spec('FP32', -1, 2), [4, 1]), wrong(/shape\[1\]: want 2, got 1/));
  });

  it('is one element of BYTES, untouched', async () => {
    const bytes = await picture(3, 3, red);
    assert.deepEqual(await readTensor(bytes, spec('BYTES', -1)).then(({ shape, data }) => [shape, data.subarray(4)]), [
      [1],
      new Uint8Array(bytes),
    ]);
  });
});

describe('a drawing', () => {
  const image = { width: 100, height: 40, data: new Uint8Array(16_000).fill(255) };
  const boxes = tensorOf('boxes', 'FP32', [1, 4], Float32Array.of(10, 5, 30, 35));

  it('frames each box in a colour that says how sure it is', async () => {
    const frameColour = async (score: number): Promise<number[]> => {
      const scores = tensorOf('score', 'FP32', [1], Float32Array.of(score));
      const { data, width } = await decodeImage(await drawBoxes(image, [boxes, scores]));
      // The middle of the left edge: ten times as large, below the margin.
      const at = 4 * ((20 * 10 + 56) * width + 10 * 10 - 1);
      return [...data.subarray(at, at + 3)];
    };
    assert.deepEqual(await frameColour(0.9), [30, 140, 60]);
    assert.deepEqual(await frameColour(0.6), [210, 130, 0]);
    assert.deepEqual(await frameColour(0.1), [200, 40, 40]);
  });

  it('draws the sides of quadrilaterals, whatever numbers their corners are', async () => {
    const corners = [10, 5, 50, 15, 45, 35, 5, 25];
    for (const quads of [
      tensorOf('quads', 'FP32', [1, 4, 2], Float32Array.from(corners)),
      tensorOf('quads', 'INT64', [1, 4, 2], BigInt64Array.from(corners, BigInt)),
    ]) {
      const { data, width } = await decodeImage(await drawBoxes(image, [quads]));
      const colourAt = (x: number, y: number): number[] => {
        const at = 4 * ((y * 10 + 56) * width + x * 10);
        return [...data.subarray(at, at + 3)];
      };
      // The corner and the middle of each side, then the inside and a corner of the box around.
      for (const [x, y] of [
        [10, 5],
        [30, 10],
        [47.5, 25],
        [25, 30],
        [7.5, 15],
      ] as const)
        assert.deepEqual(colourAt(x, y), [30, 140, 60], `${x}, ${y}`);
      for (const [x, y] of [
        [27, 20],
        [49, 6],
      ] as const)
        assert.deepEqual(colourAt(x, y), [255, 255, 255]);
    }
  });

  it('has longer texts beside the image, each in its place, and is no smaller for what lies outside of it', async () => {
    const quads = tensorOf(
      'quads',
      'FP32',
      [2, 4, 2],
      Float32Array.of(5, 5, 60, 5, 60, 15, 5, 15, -1e30, 20, 99, 20, 99, Number.NaN, 5, 35),
    );
    const texts = tensorOf('text', 'BYTES', [2], packBytes(['Straße\tohne Ende', '']));
    const { data, width, height } = await decodeImage(await drawBoxes(image, [quads, texts]));
    assert.deepEqual([width, height], [2_000, 512]);
    const isDark = (x: number, y: number): boolean =>
      (data[4 * (y * width + x)] ?? 255) < 100 && (data[4 * (y * width + x) + 1] ?? 255) < 100;
    // Black letters in the first quadrilateral of the sheet, and none on the image.
    const inBox = (from: number): boolean =>
      Array.from({ length: 500 * 90 }, (_, pixel) =>
        isDark(from + 52 + (pixel % 500), 112 + Math.floor(pixel / 500)),
      ).includes(true);
    assert.deepEqual([inBox(1_000), inBox(0)], [true, false]);
  });

  it('shows the image alone where nothing was found, and is refused where there are no boxes at all', async () => {
    const none = tensorOf('boxes', 'FP32', [0, 4], new Float32Array());
    assert.equal((await decodeImage(await drawBoxes(image, [none]))).width, 1000);
    await assert.rejects(drawBoxes(image, []), wrong(/the answer has no boxes/));
  });
});
