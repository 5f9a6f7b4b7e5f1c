/** Rows as requests. */
import { createHash } from 'node:crypto';
import { createTensor, type Tensor } from '@sheaf/inference';
import type { RowsRequest } from './compiled.ts';

/** A row whose tensors are there. */
export interface ReadyRow {
  readonly row: number;
  readonly key: string;
  readonly tensors: readonly Tensor[];
}

/** `rows` have tensors of the same shapes; where they are not stacked there is one of them. */
export function stackRows(rows: readonly ReadyRow[], isStacked: boolean, outputs: readonly string[]): RowsRequest {
  const [first] = rows;
  const inputs =
    first && isStacked ? first.tensors.map((tensor, index) => stacked(tensor, rows, index)) : (first?.tensors ?? []);
  return {
    rows: rows.map(({ row, key, tensors }) => ({ row, key, inputHash: hashOf(tensors) })),
    content: { id: '', parameters: new Map(), inputs, outputs },
    isStacked,
    halves: () => {
      const middle = Math.ceil(rows.length / 2);
      return rows.length < 2
        ? []
        : [rows.slice(0, middle), rows.slice(middle)].map((half) => stackRows(half, isStacked, outputs));
    },
  };
}

/** Of BYTES, too, the elements lie one behind the other. */
function stacked({ name, datatype, shape }: Tensor, rows: readonly ReadyRow[], index: number): Tensor {
  const data = Buffer.concat(rows.map(({ tensors }) => tensors[index]?.data ?? new Uint8Array()));
  return createTensor({ name, datatype, shape: [rows.length, ...shape], data });
}

function hashOf(tensors: readonly Tensor[]): Uint8Array {
  const hash = createHash('sha256');
  for (const { name, datatype, shape, data } of tensors)
    hash.update(JSON.stringify([name, datatype, shape])).update(data);
  return new Uint8Array(hash.digest());
}
