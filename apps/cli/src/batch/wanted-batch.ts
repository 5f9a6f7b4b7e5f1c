/** The batch that a name and the options of a command mean. */
import { resolve } from 'node:path';
import { type BatchSpec, declaredSpec } from '@sheaf/batch';
import type { ErrorBudget } from '@sheaf/jobs';
import { formatProblem, type Mesh, readBatches } from '@sheaf/mesh';
import { type OptionValues, UsageError } from '../command.ts';
import type { BatchPlace } from './action.ts';
import { guessedSpec, inputOf, keyOf, subjectOf } from './input-options.ts';

export interface WantedBatch {
  readonly pipeline: string;
  readonly collection: string | undefined;
  readonly spec: BatchSpec;
  readonly errorBudget: ErrorBudget | undefined;
}

/** By the file of that name in batches/, or by what the options say and the table tells. */
export async function wantedBatch(
  { folder }: Pick<BatchPlace, 'folder'>,
  mesh: Mesh,
  name: string,
  values: OptionValues,
): Promise<WantedBatch> {
  const { batches, problems } = await readBatches(resolve(folder), mesh);
  const own = problems.filter(({ file }) => file === `batches/${name}.yaml` || file === `batches/${name}.yml`);
  if (own.length > 0) throw new UsageError(own.map(formatProblem).join('\n'));
  const declared = batches.find((one) => one.name === name)?.declaration;
  if (!declared) {
    const { signature } = subjectOf(mesh, name);
    return {
      pipeline: name,
      collection: undefined,
      spec: await guessedSpec(name, signature, values),
      errorBudget: undefined,
    };
  }
  const spec = declaredSpec(name, declared, resolve(folder));
  const key = keyOf(values);
  const { share, rows } = declared.errors ?? {};
  return {
    pipeline: declared.pipeline,
    collection: declared.collection,
    // Another file of the same columns is read where one is named.
    spec: {
      ...spec,
      ...(values['input'] !== undefined && { input: inputOf(values) }),
      ...(key && { mapping: { ...spec.mapping, key } }),
    },
    errorBudget: { rowsMax: rows, ratioMax: share },
  };
}
