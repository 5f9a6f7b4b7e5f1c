/** Reads inputs as workers do. */
import type { ChunkRange, Input, InputSpec } from '../input/input.ts';
import { openInput } from '../input/open-input.ts';
import type { Row } from '../rows/row.ts';

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function withInput<T>(spec: InputSpec, task: (input: Input) => Promise<T>): Promise<T> {
  const input = await openInput(spec);
  try {
    return await task(input);
  } finally {
    await input.close();
  }
}

/** All rows, by way of chunks that are each read by somebody who has opened the input anew. */
export async function readAll(
  spec: InputSpec,
  rowsMax = 2,
): Promise<{ readonly rows: readonly Row[]; readonly chunks: readonly ChunkRange[] }> {
  const chunks = await withInput(spec, (input) => collect(input.cut({ rowsMax })));
  const rows: Row[] = [];
  for (const chunk of chunks) rows.push(...(await withInput(spec, (input) => collect(input.read(chunk)))));
  return { rows, chunks };
}
