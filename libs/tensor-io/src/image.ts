/** Images as tensors. The only file that imports the image library. */
import { createJimp } from '@jimp/core';
import jpeg from '@jimp/js-jpeg';
import png from '@jimp/js-png';
import * as print from '@jimp/plugin-print';
import { loadFont } from '@jimp/plugin-print/load-font';
import { elementCount, InferError, invalidField, type Tensor, type TensorSpec, tensorOf } from '@sheaf/inference';

const Jimp = createJimp({ formats: [png, jpeg], plugins: [print.methods] });

/** Decoding takes four bytes a pixel, and as much again. */
const pixelsMax = 64 * 1024 * 1024;

/** Red, green, blue and opacity, a byte each, row by row. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

const starts = (bytes: Uint8Array, magic: readonly number[]): boolean =>
  magic.every((byte, index) => bytes[index] === byte);
const isPng = (bytes: Uint8Array): boolean => starts(bytes, [0x89, 0x50, 0x4e, 0x47]);

export const isImage = (bytes: Uint8Array): boolean => isPng(bytes) || starts(bytes, [0xff, 0xd8, 0xff]);

/** Decodes a PNG or JPEG file. Throws INVALID_ARGUMENT for anything else, and for one that is damaged. */
export async function decodeImage(bytes: Uint8Array): Promise<Image> {
  if (!isImage(bytes)) throw new InferError('INVALID_ARGUMENT', 'the file is no PNG or JPEG image');
  if (isPng(bytes) && bytes.byteLength >= 24) {
    const header = new DataView(bytes.buffer, bytes.byteOffset);
    const [width, height] = [header.getUint32(16), header.getUint32(20)];
    if (width * height > pixelsMax)
      throw new InferError(
        'INVALID_ARGUMENT',
        `the image is ${width} x ${height} pixels; the limit is ${pixelsMax} pixels`,
      );
  }
  try {
    const { width, height, data } = (await Jimp.fromBuffer(Buffer.from(bytes))).bitmap;
    return { width, height, data };
  } catch (cause) {
    throw new InferError('INVALID_ARGUMENT', 'the image is damaged or cut off', { cause });
  }
}

/** How the elements of a tensor lie: planes of one channel each, or the channels of a pixel side by side. */
interface Layout {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly planar: boolean;
}

/** Reads `[H, W]`, `[H, W, 1|3]` or `[1|3, H, W]`, and each with a leading batch dimension. */
function layoutOf(shape: readonly number[]): Layout | undefined {
  const [a = 0, b = 0, c = 0] = shape;
  if (shape.length === 2) return { height: a, width: b, channels: 1, planar: true };
  if (shape.length === 4 && (a === 1 || a === -1)) return layoutOf(shape.slice(1));
  if (shape.length !== 3) return undefined;
  if (c === 1 || c === 3) return { height: a, width: b, channels: c, planar: false };
  return a === 1 || a === 3 ? { height: b, width: c, channels: a, planar: true } : undefined;
}

/**
 * An image as the tensor that a model asks for: grey or RGB, as `[H, W]`, `[H, W, C]` or `[C, H, W]`, with or without a batch dimension.
 * UINT8 gets 0 to 255, FP32 gets 0 to 1; colour becomes grey by the luma of ITU-R BT.601; what is transparent becomes white. Nothing is resized.
 */
export function imageTensor(image: Image, spec: TensorSpec): Tensor {
  const { name, datatype, shape } = spec;
  const layout = layoutOf(shape);
  if (!layout || (datatype !== 'UINT8' && datatype !== 'FP32'))
    throw invalidField(
      name,
      `an image can be UINT8 or FP32 [H, W], [H, W, C] or [C, H, W]; want ${datatype} [${shape}]`,
    );
  const { width, height } = image;
  const fits = (want: number, got: number): boolean => want === -1 || want === got;
  if (!fits(layout.height, height) || !fits(layout.width, width))
    throw invalidField(
      name,
      `want an image of ${side(layout.width)} x ${side(layout.height)} pixels, got ${width} x ${height}`,
    );
  const bytes = samples(image, layout);
  const values = datatype === 'UINT8' ? bytes : Float32Array.from(bytes, (value) => value / 255);
  return tensorOf(name, datatype, shapeOf(shape, layout, image), values);
}

const side = (dim: number): string => (dim === -1 ? 'any' : String(dim));

function shapeOf(shape: readonly number[], { channels, planar }: Layout, { width, height }: Image): number[] {
  const image = planar ? [channels, height, width] : [height, width, channels];
  if (shape.length === 2) return [height, width];
  return shape.length === 4 ? [1, ...image] : image;
}

function samples(image: Image, { channels, planar }: Layout): Uint8Array {
  const pixels = elementCount([image.height, image.width]);
  const out = new Uint8Array(pixels * channels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const rgb = onWhite(image.data, 4 * pixel);
    const values = channels === 3 ? rgb : [luma(rgb)];
    for (const [channel, value] of values.entries())
      out[planar ? channel * pixels + pixel : pixel * channels + channel] = Math.round(value);
  }
  return out;
}

function onWhite(data: Uint8Array, at: number): [red: number, green: number, blue: number] {
  const opacity = (data[at + 3] ?? 0) / 255;
  const blend = (value = 0): number => value * opacity + 255 * (1 - opacity);
  return [blend(data[at]), blend(data[at + 1]), blend(data[at + 2])];
}

const luma = ([red, green, blue]: readonly [number, number, number]): number =>
  0.299 * red + 0.587 * green + 0.114 * blue;

const fontFile = (name: string): string => new URL(`./dist/fonts/open-sans/${name}/${name}.fnt`, fontRoot).pathname;
const fontRoot = new URL('./', import.meta.resolve('@jimp/plugin-print/package.json'));

export type Colour = readonly [red: number, green: number, blue: number];

type Fonts = Readonly<Record<'small' | 'large', Awaited<ReturnType<typeof loadFont>>>>;

/** A white sheet to draw on. */
export class Canvas {
  readonly #image: InstanceType<typeof Jimp>;
  readonly #fonts: Fonts;

  static async create(width: number, height: number): Promise<Canvas> {
    const [small, large] = await Promise.all(
      ['open-sans-16-black', 'open-sans-32-black'].map((n) => loadFont(fontFile(n))),
    );
    if (!small || !large) throw new Error('the fonts are missing');
    return new Canvas(new Jimp({ width, height, color: 0xffffffff }), { small, large });
  }

  private constructor(image: InstanceType<typeof Jimp>, fonts: Fonts) {
    this.#image = image;
    this.#fonts = fonts;
  }

  /** Pixels outside the sheet are left out. */
  fill(left: number, top: number, width: number, height: number, [red, green, blue]: Colour): void {
    const { bitmap } = this.#image;
    for (let y = Math.max(top, 0); y < Math.min(top + height, bitmap.height); y++)
      for (let x = Math.max(left, 0); x < Math.min(left + width, bitmap.width); x++)
        bitmap.data.set([red, green, blue, 255], 4 * (y * bitmap.width + x));
  }

  /** A line of that thickness from one point to another. */
  line(
    [x0, y0]: readonly [number, number],
    [x1, y1]: readonly [number, number],
    colour: Colour,
    thickness: number,
  ): void {
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0))));
    for (let step = 0; step <= steps; step++) {
      const at = (from: number, to: number): number => Math.round(from + ((to - from) * step) / steps - thickness / 2);
      this.fill(at(x0, x1), at(y0, y1), thickness, thickness, colour);
    }
  }

  /** `above`: `x` is the middle of the text and `y` its upper edge; `right of`: they are the middle of its left edge. */
  write(text: string, x: number, y: number, size: 'small' | 'large', place: 'above' | 'right of' = 'above'): void {
    const font = this.#fonts[size];
    const isAbove = place === 'above';
    const left = isAbove ? x - print.measureText(font, text) / 2 : x + 6;
    const top = isAbove ? y : y - font.common.lineHeight / 2;
    this.#image.print({ font, text, x: Math.round(left), y: Math.round(top) });
  }

  toPng(): Promise<Buffer> {
    return this.#image.getBuffer('image/png');
  }
}
