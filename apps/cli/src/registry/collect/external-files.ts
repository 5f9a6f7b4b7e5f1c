import { readFile } from 'node:fs/promises';
import { readModel } from '@sheaf/onnx';
import { UsageError } from '../../command.ts';

/** The files beside a model in which it keeps weights, by their paths from its folder. */
export async function externalFiles(file: string): Promise<readonly string[]> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${file} cannot be read (${error.code})`);
  });
  try {
    return readModel(bytes).externalFiles.map(({ location }) => location);
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : 'it cannot be read'}`);
  }
}
