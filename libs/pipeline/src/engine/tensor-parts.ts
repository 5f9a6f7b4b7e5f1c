import { byteLength, type Datatype, elementCount, packBytes, type Tensor, unpackBytes } from '@sheaf/inference';

const product = (shape: readonly number[]): number => elementCount(shape);

/** Parts of `size` along a dimension, the last as large as what is left. With `keeps` false a part is one element, without that dimension. */
export function split(tensor: Tensor, dimension: number, size: number, keeps: boolean): Tensor[] {
  const { name, datatype, shape } = tensor;
  const count = shape[dimension] ?? 0;
  const outer = product(shape.slice(0, dimension));
  const inner = product(shape.slice(dimension + 1));
  const blocks = blocksOf(tensor);
  return Array.from({ length: Math.ceil(count / size) }, (_, part) => {
    const from = part * size;
    const to = Math.min(count, from + size);
    const taken = Array.from({ length: outer }, (_, row) =>
      blocks.slice((row * count + from) * inner, (row * count + to) * inner),
    );
    const own = keeps ? shape.with(dimension, to - from) : shape.toSpliced(dimension, 1);
    return { name, datatype, shape: own, data: blocks.join(taken) };
  });
}

/** The inverse of {@link split}: parts in order, joined along a dimension. There is at least one. */
export function join(parts: readonly Tensor[], dimension: number, keeps: boolean): Tensor {
  const [first] = parts as [Tensor];
  const { name, datatype } = first;
  const outer = product(first.shape.slice(0, dimension));
  const blocks = parts.map(blocksOf);
  const perRow = parts.map(({ shape }) => product(shape.slice(dimension)));
  const taken = Array.from({ length: outer }, (_, row) =>
    blocks.map((block, part) => block.slice(row * (perRow[part] ?? 0), (row + 1) * (perRow[part] ?? 0))),
  ).flat();
  const total = parts.reduce((sum, { shape }) => sum + (keeps ? (shape[dimension] ?? 0) : 1), 0);
  const shape = keeps ? first.shape.with(dimension, total) : first.shape.toSpliced(dimension, 0, total);
  return { name, datatype, shape, data: blocksOf(first).join(taken) };
}

/** Whether parts agree in all but the dimension that they are joined along. */
export const canJoin = (parts: readonly Tensor[], dimension: number, keeps: boolean): boolean => {
  const key = ({ datatype, shape }: Tensor): string => `${datatype} ${keeps ? shape.toSpliced(dimension, 1) : shape}`;
  return parts.every((part) => key(part) === key(parts[0] as Tensor));
};

/** Elements by their numbers, whatever they are: bytes of one width, or byte strings. */
interface Blocks {
  slice(from: number, to: number): Uint8Array;
  join(taken: readonly Uint8Array[]): Uint8Array;
}

function blocksOf({ datatype, data }: Tensor): Blocks {
  if (datatype === 'BYTES') {
    const all = unpackBytes(data);
    return { slice: (from, to) => packBytes(all.slice(from, to)), join: concat };
  }
  const width = byteLength(datatype as Exclude<Datatype, 'BYTES'>, [1]) ?? 1;
  return { slice: (from, to) => data.subarray(from * width, to * width), join: concat };
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces;
  if (only && pieces.length === 1) return only;
  const joined = new Uint8Array(pieces.reduce((total, { byteLength: length }) => total + length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.byteLength;
  }
  return joined;
}
