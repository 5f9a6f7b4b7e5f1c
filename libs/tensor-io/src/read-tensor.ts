import {
  byteLength,
  createTensor,
  elementCount,
  invalidField,
  mismatch,
  packBytes,
  type Tensor,
  type TensorSpec,
} from '@sheaf/inference';
import { decodeImage, imageTensor, isImage } from './image.ts';
import { parseJsonTensor } from './json.ts';
import { isNpy, parseNpy } from './npy.ts';

/**
 * The content of a file as the tensor that a model asks for. What the file is, its first bytes say: a PNG or JPEG image, NumPy's .npy, JSON;
 * anything else is raw, little-endian elements, or one element of BYTES. `shape` is for raw files whose size does not tell it.
 */
export async function readTensor(bytes: Uint8Array, spec: TensorSpec, shape?: readonly number[]): Promise<Tensor> {
  const tensor = await parse(bytes, spec, shape);
  const why = mismatch(spec, tensor);
  if (why) throw invalidField(spec.name, why);
  return tensor;
}

async function parse(bytes: Uint8Array, spec: TensorSpec, shape: readonly number[] | undefined): Promise<Tensor> {
  const { name, datatype } = spec;
  // Where any rank will do, what tells nothing of its shape is a list.
  const wanted = spec.unranked ? [-1] : spec.shape;
  if (datatype === 'BYTES' && wanted.length <= 1 && !looksLikeJson(bytes, spec))
    return { name, datatype, shape: wanted.map(() => 1), data: packBytes([bytes]) };
  if (isNpy(bytes)) return parseNpy(bytes, name);
  if (isImage(bytes)) return imageTensor(await decodeImage(bytes), spec);
  if (looksLikeJson(bytes, spec) && !shape) return parseJsonTensor(parseJson(bytes, name), spec);
  return createTensor(
    { name, datatype, shape: shape ?? rawShape(bytes, { ...spec, shape: wanted }), data: bytes },
    name,
  );
}

/** A JSON list, or a JSON scalar for an input that is one; a raw file may begin like these too, and is then told by `shape`. */
function looksLikeJson(bytes: Uint8Array, { shape, unranked }: TensorSpec): boolean {
  const text = new TextDecoder().decode(bytes.subarray(0, 64));
  return (
    /^\s*\[/.test(text) || (shape.length === 0 && !unranked && /^(-?[0-9.][0-9.eE+-]*|true|false|".*")\s*$/.test(text))
  );
}

export function parseJson(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw invalidField(name, `is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** The declared shape, with the one open dimension told by the size. */
function rawShape(bytes: Uint8Array, { name, datatype, shape }: TensorSpec): number[] {
  const open = shape.filter((dim) => dim === -1).length;
  const known = shape.map((dim) => (dim === -1 ? 1 : dim));
  const each = byteLength(datatype, known);
  if (open > 1 || !each || elementCount(known) === 0)
    throw invalidField(
      name,
      `it is no image, .npy or JSON list; as raw elements of ${datatype} [${shape}] it needs its shape told`,
    );
  if (open === 1 && bytes.byteLength % each !== 0)
    throw invalidField(name, `want a multiple of ${each} bytes for ${datatype} [${shape}], got ${bytes.byteLength}`);
  return shape.map((dim) => (dim === -1 ? bytes.byteLength / each : dim));
}
