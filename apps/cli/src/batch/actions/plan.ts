import { relative, resolve } from 'node:path';
import type { Guess } from '@sheaf/batch';
import type { TensorSpec } from '@sheaf/inference';
import { textOf } from '../../command.ts';
import { readMeshOrFail } from '../../read-mesh.ts';
import type { BatchAction } from '../action.ts';
import { guessOf, inputHelp, inputOf, inputOptions, keyOf, subjectOf, withInput } from '../input-options.ts';

export const plan: BatchAction = {
  usage: '<pipeline> --input <path>',
  summary: 'write a file for batches/ from what a table holds, and say what cannot be told',
  options: inputOptions,
  help: inputHelp,
  words: [1, 1],
  async run({ folder }, [name = ''], values) {
    const { signature } = subjectOf(await readMeshOrFail(folder), name);
    const from = inputOf(values);
    const guess = await withInput(from, (input) => guessOf(input, signature, keyOf(values)));
    for (const reason of guess.reasons) console.error(reason);
    for (const line of guess.open) console.error(`cannot be told: ${line}`);
    const path = relative(resolve(folder), from.path);
    const input = [
      `path: ${quoted(path.startsWith('..') ? from.path : path)}`,
      ...(textOf(values['format']) === undefined ? [] : [`format: ${from.format}`]),
      ...(from.delimiter === undefined ? [] : [`delimiter: ${quoted(from.delimiter)}`]),
    ];
    console.log(planText(name, input, signature.inputs, guess));
  },
};

/** A file for batches/; what is open stands in it as a comment. */
function planText(name: string, input: readonly string[], inputs: readonly TensorSpec[], { mapping }: Guess): string {
  const { key, tensors } = mapping;
  const lines = inputs.map((spec) => {
    const found = tensors.find(({ tensor }) => tensor === spec.name);
    if (!found) return `  # ${quoted(spec.name)}: of which column? ${spec.datatype} [${spec.shape}]`;
    const columns = listText(found.columns);
    return `  ${quoted(spec.name)}: ${found.from === 'file' ? `{ file: ${columns} }` : columns}`;
  });
  return [
    '# yaml-language-server: $schema=../schemas/batch.schema.json',
    `pipeline: ${name}`,
    `input: { ${input.join(', ')} }`,
    key.length === 0 ? '# key: which column?' : `key: ${listText(key)}`,
    'tensors:',
    ...lines,
  ].join('\n');
}

const listText = (columns: readonly string[]): string => {
  const [only] = columns;
  return columns.length === 1 && only !== undefined ? quoted(only) : `[${columns.map(quoted).join(', ')}]`;
};

/** What YAML might take for something else than a text is quoted. */
const quoted = (text: string): string =>
  /^[\p{L}_./][\p{L}\p{N}_./-]*$/u.test(text) && !/^(true|false|null|yes|no|on|off|nan|\.nan|\.inf)$/i.test(text)
    ? text
    : JSON.stringify(text);
