/** A model as it is pushed. */
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { PushedFile } from '@sheaf/registry';
import { UsageError } from '../../command.ts';
import { externalFiles } from './external-files.ts';
import { collectFile, collectFolder } from './walk.ts';

/** A model file with those that it keeps weights in, or the folder of a version. */
export async function collectModel(path: string): Promise<PushedFile[]> {
  if (/^[a-z][a-z0-9+.-]*:/i.test(path))
    throw new UsageError(
      `want a file or a folder of this machine, got an address: ${JSON.stringify(path.slice(0, 80))}`,
    );
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path} cannot be read (${error.code})`);
  });
  const files = found.isDirectory() ? await collectFolder(path) : await collectWithWeights(path);
  const models = files.filter((file) => /^[^/]+\.onnx$/.test(file.path)).map((file) => file.path);
  if (models.length === 1 || models.includes('model.onnx')) return files;
  throw new UsageError(
    models.length === 0
      ? `${path}: want a model file that ends in .onnx, found none${versionsHint(files)}`
      : `${path}: want one model file, or one that is called model.onnx, found ${models.join(', ')}`,
  );
}

const versionsHint = (files: readonly PushedFile[]): string =>
  files.some((file) => /^[0-9]+\//.test(file.path))
    ? '; it holds folders of versions: push one of them, or bring all by sheaf models import'
    : '';

async function collectWithWeights(file: string): Promise<PushedFile[]> {
  const beside = await externalFiles(file);
  const files = [await collectFile(basename(file), file)];
  for (const path of beside) files.push(await collectFile(path, join(dirname(file), path)));
  return files;
}
