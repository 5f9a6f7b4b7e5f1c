/** Reads inputs as workers do. */
import type { ChunkRange, InputSpec } from '../input/input.ts';
import { openInput } from '../input/open-input.ts';
import type { Row } from '../rows/row.ts';

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** All rows, by way of chunks that are each read by somebody who has opened the input anew. */
export async function readAll(
  spec: InputSpec,
  rowsMax = 2,
): Promise<{ readonly rows: readonly Row[]; readonly chunks: readonly ChunkRange[] }> {
  const input = await openInput(spec);
  const chunks = await collect(input.cut({ rowsMax }));
  await input.close();
  const rows: Row[] = [];
  for (const chunk of chunks) {
    const reader = await openInput(spec);
    rows.push(...(await collect(reader.read(chunk))));
    await reader.close();
  }
  return { rows, chunks };
}
