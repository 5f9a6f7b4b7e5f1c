/** What was answered for one row, as bytes that say what they are. */
import {
  byteLength,
  createTensor,
  type Datatype,
  elementCount,
  InferError,
  type InferResponse,
  packBytes,
  type Tensor,
  unpackBytes,
} from '@sheaf/inference';
import type { AskedRow, RowsRequest } from '../mapping/compiled.ts';

/** A row and what was answered for it. */
export interface PredictedRow extends AskedRow {
  /** See {@link decodeOutputs}. */
  readonly outputs: Uint8Array;
}

/** Takes an answer apart into its rows. Throws INTERNAL where an output does not have a row for each of the request. */
export function predictionRows({ rows, isStacked }: RowsRequest, response: InferResponse): PredictedRow[] {
  if (!isStacked) return rows.map((row) => ({ ...row, outputs: encodeOutputs(response.outputs) }));
  const byOutput = response.outputs.map((tensor) => rowsOf(tensor, rows.length));
  return rows.map((row, index) => ({
    ...row,
    outputs: encodeOutputs(byOutput.map((parts) => parts[index] as Tensor)),
  }));
}

function rowsOf(tensor: Tensor, count: number): Tensor[] {
  const [rows, ...shape] = tensor.shape;
  if (rows !== count)
    throw new InferError(
      'INTERNAL',
      `output "${tensor.name}": want ${count} rows, as were asked, got shape [${tensor.shape}]; with "rows: one" in the mapping each row is asked by itself`,
    );
  const each = elementCount(shape);
  if (tensor.datatype === 'BYTES') {
    const all = unpackBytes(tensor.data);
    return Array.from({ length: count }, (_, row) => ({
      ...tensor,
      shape,
      data: packBytes(all.slice(row * each, (row + 1) * each)),
    }));
  }
  const bytes = byteLength(tensor.datatype, shape) ?? 0;
  return Array.from({ length: count }, (_, row) => ({
    ...tensor,
    shape,
    data: tensor.data.subarray(row * bytes, (row + 1) * bytes),
  }));
}

type Head = readonly (readonly [name: string, datatype: Datatype, shape: readonly number[], bytes: number])[];

/**
 * The outputs of one row: a uint32 (little-endian) length, as many bytes of JSON that list name, datatype, shape and bytes of each output, and then their
 * elements one behind the other, as they are in a {@link Tensor}.
 */
export function encodeOutputs(outputs: readonly Tensor[]): Uint8Array {
  const head: Head = outputs.map(({ name, datatype, shape, data }) => [name, datatype, shape, data.byteLength]);
  const text = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.byteLength);
  return new Uint8Array(Buffer.concat([length, text, ...outputs.map(({ data }) => data)]));
}

/** The opposite of {@link encodeOutputs}; the tensors are views on `bytes`. */
export function decodeOutputs(bytes: Uint8Array): Tensor[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 4 + view.readUInt32LE();
  const head = JSON.parse(view.toString('utf8', 4, at)) as Head;
  return head.map(([name, datatype, shape, length]) => {
    const data = bytes.subarray(at, at + length);
    at += length;
    return createTensor({ name, datatype, shape, data });
  });
}
