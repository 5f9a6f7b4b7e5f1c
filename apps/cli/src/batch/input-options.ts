/** The options that say what a batch reads, and what it asks. */
import { resolve } from 'node:path';
import {
  type BatchSpec,
  batchDefaults,
  type Guess,
  guessMapping,
  type Input,
  type InputSpec,
  inputFormats,
  isInputFormat,
  openInput,
  type Row,
} from '@sheaf/batch';
import type { Signature } from '@sheaf/inference';
import { type AskedSubject, askedIn, type Mesh } from '@sheaf/mesh';
import { type OptionValues, textOf, UsageError } from '../command.ts';

export const inputOptions = {
  input: { type: 'string' },
  format: { type: 'string' },
  delimiter: { type: 'string' },
  key: { type: 'string', multiple: true },
} as const;

export const inputHelp = `    --input <path>       a file of CSV, NDJSON or Parquet, or a folder of such files or of images
    --format <format>    ${inputFormats.join(', ')}; what the endings of the files say unless given
    --delimiter <c>      between the cells of a line of CSV; what the header has most of unless given
    --key <column>       the key of the rows; several times: their list`;

export function inputOf(values: OptionValues): InputSpec {
  const path = textOf(values['input']);
  if (path === undefined) throw new UsageError('want --input <path>, got none');
  const format = textOf(values['format']);
  if (format !== undefined && !isInputFormat(format))
    throw new UsageError(`--format: want one of ${inputFormats.join(', ')}, got "${format}"`);
  const delimiter = textOf(values['delimiter']);
  if (delimiter !== undefined && delimiter !== '\\t' && delimiter.length !== 1)
    throw new UsageError(`--delimiter: want one character, or \\t, got "${delimiter}"`);
  return { path: resolve(path), format, delimiter: delimiter === '\\t' ? '\t' : delimiter };
}

/** The pipeline or model that a name means, with its signature. */
export function subjectOf(mesh: Mesh, name: string): AskedSubject & { readonly signature: Signature } {
  const asked = askedIn(mesh, name);
  if (!asked) {
    const names = [
      ...mesh.pipelines.map(({ spec }) => spec.pipeline),
      ...mesh.services.flatMap(({ models }) => models),
    ];
    throw new UsageError(
      `there is no pipeline, model or batch "${name}"; there are ${[...new Set(names)].join(', ') || 'none'}`,
    );
  }
  const { signature } = asked;
  if (!signature)
    throw new UsageError(
      `what "${name}" takes and gives only a server of somebody else knows; write batches/<name>.yaml`,
    );
  return { ...asked, signature };
}

/** Rows that a guess looks at. */
const rowsLooked = 100;

export async function guessOf(input: Input, signature: Signature, key: readonly string[] | undefined): Promise<Guess> {
  const rows: Row[] = [];
  for await (const range of input.cut({ rowsMax: rowsLooked })) {
    for await (const row of input.read(range)) rows.push(row);
    break;
  }
  return guessMapping({
    signature,
    format: input.format,
    columns: input.columns,
    rows: rows.filter(({ error }) => !error),
    key,
  });
}

export const keyOf = (values: OptionValues): readonly string[] | undefined => values['key'] as string[] | undefined;

/** Opens an input, does something with it, and closes it. */
export async function withInput<T>(spec: InputSpec, task: (input: Input) => Promise<T>): Promise<T> {
  const input = await openInput(spec);
  try {
    return await task(input);
  } finally {
    await input.close();
  }
}

/** What a batch reads and asks where no file declares it. */
export async function guessedSpec(name: string, signature: Signature, values: OptionValues): Promise<BatchSpec> {
  const from = inputOf(values);
  const { mapping, open } = await withInput(from, (input) => guessOf(input, signature, keyOf(values)));
  if (open.length > 0)
    throw new UsageError(
      [
        'which columns it is of cannot be told:',
        ...open.map((line) => `  ${line}`),
        `sheaf batch plan ${name} --input ${textOf(values['input'])} writes what is known to a file for batches/`,
      ].join('\n'),
    );
  return { ...batchDefaults, input: from, mapping };
}
