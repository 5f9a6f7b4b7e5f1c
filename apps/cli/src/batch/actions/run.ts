import { compileMapping, encodeBatchSpec, exportFormat, exportFormats } from '@sheaf/batch';
import type { ErrorBudget } from '@sheaf/jobs';
import { integerOf, type OptionValues, textOf, UsageError } from '../../command.ts';
import { readMeshOrFail } from '../../read-mesh.ts';
import type { BatchAction } from '../action.ts';
import { exportGeneration } from '../export-generation.ts';
import { followToEnd, shortId } from '../follow.ts';
import { inputHelp, inputOptions, subjectOf, withInput } from '../input-options.ts';
import { wantedBatch } from '../wanted-batch.ts';

export const run: BatchAction = {
  usage: '<pipeline|batch>',
  summary: 'have each row of a table answered; a batch is a file in batches/',
  options: {
    ...inputOptions,
    collection: { type: 'string' },
    'errors-max': { type: 'string' },
    hold: { type: 'boolean' },
    detach: { type: 'boolean' },
    to: { type: 'string' },
  },
  help: `${inputHelp}
    --collection <name>  what the answers are looked up under; the name of the pipeline unless given
    --errors-max <rows>  more rows with errors make it fail; no limit unless given
    --hold               the generation waits for sheaf batch promote
    --detach             do not wait for the end
    --to <file>          export the generation at the end: ${exportFormats.join(', ')}`,
  words: [1, 1],
  async run(place, [name = ''], values) {
    const to = textOf(values['to']);
    if (to !== undefined && !exportFormat(to))
      throw new UsageError(`--to: want a file that ends in .${exportFormats.join(', .')}, got "${to}"`);
    if (to !== undefined && values['detach']) throw new UsageError('--to wants to wait for the end, and not --detach');
    const mesh = await readMeshOrFail(place.folder);
    const wanted = await wantedBatch(place, mesh, name, values);
    const asked = subjectOf(mesh, wanted.pipeline);
    const spec = { ...wanted.spec, ...(values['hold'] === true && { hold: true }) };
    const rows = await withInput(spec.input, async (input) => {
      compileMapping(spec.mapping, asked.signature, input);
      for await (const range of input.cut({ rowsMax: 1 })) return range.rows;
      return 0;
    });
    if (rows === 0) throw new UsageError(`${spec.input.path} has no rows`);
    const { record } = await place.work.batches.create({
      tenant: 'local',
      principal: 'trusted',
      subject: asked.name,
      version: asked.version,
      collection: textOf(values['collection']) ?? wanted.collection,
      spec: encodeBatchSpec(spec),
      errorBudget: budgetOf(values) ?? wanted.errorBudget,
    });
    if (values['json']) console.log(JSON.stringify(record));
    else
      console.log(
        `batch ${shortId(record.id)}: generation ${record.generation} of ${record.collection}, by ${asked.name}/${asked.version}`,
      );
    if (values['detach']) return;
    const ended = await followToEnd(place, record.id);
    if (ended && to !== undefined)
      await exportGeneration(place, { collection: ended.collection, number: ended.generation }, to);
  },
};

function budgetOf(values: OptionValues): ErrorBudget | undefined {
  const rowsMax = integerOf('errors-max', values['errors-max'], 0, Number.MAX_SAFE_INTEGER);
  return rowsMax === undefined ? undefined : { rowsMax };
}
