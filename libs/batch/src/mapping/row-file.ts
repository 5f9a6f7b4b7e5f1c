/** The tensor of one row, from a file that a cell names. */
import { open, realpath } from 'node:fs/promises';
import { isAbsolute, resolve, sep } from 'node:path';
import { InferError, type Tensor, type TensorSpec } from '@sheaf/inference';
import { readTensor } from '@sheaf/tensor-io';
import type { Row } from '../rows/row.ts';
import { showCell } from './element.ts';
import { RowProblem } from './row-problem.ts';

const fileBytesMax = 64 * 1024 * 1024;

/** `folder`: of the input, absolute; files outside of it are not read. `shape`: of one row. */
export async function tensorOfFile(
  { cells }: Row,
  column: string,
  spec: TensorSpec,
  shape: readonly number[],
  folder: string,
): Promise<Tensor> {
  const path = cells.get(column) ?? null;
  if (typeof path !== 'string' || path === '')
    throw new RowProblem(`want the path of a file, got ${showCell(path)}`, column);
  const bytes = await fileBytes(path, column, folder);
  try {
    return await readTensor(bytes, { ...spec, shape });
  } catch (error) {
    if (error instanceof InferError) throw new RowProblem(`${path}: ${error.message}`, column);
    throw error;
  }
}

/** Whoever writes a table does not thereby read any file of the machine. */
async function fileBytes(path: string, column: string, folder: string): Promise<Uint8Array> {
  if (isAbsolute(path) || path.includes('\0'))
    throw new RowProblem(`want a path from the folder of the input, got ${showCell(path)}`, column);
  try {
    const root = await realpath(folder);
    const real = await realpath(resolve(root, path));
    if (!real.startsWith(root.endsWith(sep) ? root : root + sep))
      throw new RowProblem(`want a file in the folder of the input, got ${showCell(path)}`, column);
    await using handle = await open(real);
    const { size } = await handle.stat();
    if (size > fileBytesMax)
      throw new RowProblem(`${path}: want a file of at most ${fileBytesMax} bytes, got ${size}`, column);
    return await handle.readFile();
  } catch (error) {
    if (error instanceof RowProblem) throw error;
    throw new RowProblem(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`, column);
  }
}
