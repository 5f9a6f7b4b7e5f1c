/** Writes a generation to a file. */
import { createTableWriter, decodeOutputs, exportFormat, exportFormats } from '@sheaf/batch';
import type { GenerationId } from '@sheaf/jobs';
import { progressBar } from '@sheaf/terminal';
import { UsageError } from '../command.ts';
import type { BatchPlace } from './action.ts';

const pageRows = 1_000;

export async function exportGeneration(
  { work }: Pick<BatchPlace, 'work'>,
  id: GenerationId,
  path: string,
): Promise<void> {
  const format = exportFormat(path);
  if (!format) throw new UsageError(`--to: want a file that ends in .${exportFormats.join(', .')}, got "${path}"`);
  const generation = await work.predictions.generation(id);
  if (!generation)
    throw new UsageError(
      `there is no generation ${id.number} of ${id.collection}; sheaf batch generations tells which there are`,
    );
  if (generation.state === 'dropped')
    throw new UsageError(`generation ${id.number} of ${id.collection} is dropped: its rows are gone`);
  const writer = await createTableWriter(path, format);
  const bar = progressBar('thousand rows', Math.max(1, Math.ceil(generation.rows / pageRows)));
  let count = 0;
  try {
    let after: string | undefined;
    for (;;) {
      const page = await work.predictions.scan(id, { limit: pageRows, ...(after !== undefined && { after }) });
      if (page.length === 0) break;
      await writer.write(
        page.map(({ key, outputs, computedAt }) => ({
          ...{ key, computedAt, version: generation.version, generation: id.number },
          outputs: decodeOutputs(outputs),
        })),
      );
      count += page.length;
      after = page.at(-1)?.key;
      bar.tick();
    }
    await writer.end();
  } finally {
    bar.end();
    await writer.abandon();
  }
  console.log(`${path}: ${count} rows of generation ${id.number} of ${id.collection}`);
}
