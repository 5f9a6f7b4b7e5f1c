/** The same requests for all ways: the rows of an input, each by itself. */
import { type BatchSpec, compileMapping, type Input } from '@sheaf/batch';
import type { RequestContent, Signature } from '@sheaf/inference';
import { UsageError } from '../command.ts';

export interface RowRequest {
  readonly key: string;
  readonly content: RequestContent;
}

/** More than this, and than `bytesMax` of tensors, nobody wants to wait for. */
const rowsMax = 10_000;
const bytesMax = 512 * 2 ** 20;

/** Throws UsageError for an input without rows, of too many, and one with a row that cannot be asked. */
export async function readRequests(input: Input, spec: BatchSpec, signature: Signature): Promise<RowRequest[]> {
  const mapping = compileMapping(spec.mapping, signature, input);
  const found: RowRequest[] = [];
  let bytes = 0;
  for await (const range of input.cut({ rowsMax: 1_000 }))
    for await (const made of mapping.requests(input.read(range, mapping.columns), 1)) {
      if (made.kind === 'error') throw new UsageError(`row ${made.error.row}: ${made.error.message}`);
      const { content, rows } = made.request;
      bytes += content.inputs.reduce((sum, { data }) => sum + data.byteLength, 0);
      if (found.length === rowsMax || bytes > bytesMax)
        throw new UsageError(
          `${spec.input.path}: want at most ${rowsMax} rows, and 512 MiB of tensors, to compare with; give a part of it`,
        );
      found.push({ key: rows[0]?.key ?? '', content });
    }
  if (found.length === 0) throw new UsageError(`${spec.input.path} has no rows`);
  return found;
}
