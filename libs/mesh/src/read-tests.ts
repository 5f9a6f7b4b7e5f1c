import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  boolean,
  choice,
  duration,
  either,
  integer,
  list,
  mapOf,
  number,
  optional,
  Problems,
  type Reader,
  record,
  required,
  scalar,
  text,
  type ValueOf,
} from '@sheaf/document';
import { inferErrorCodes, type TensorSpec } from '@sheaf/inference';
import type { Mesh } from './mesh.ts';
import { type MeshProblem, problemIn } from './problem.ts';
import { readYaml } from './yaml-file.ts';

const anyName = text('a name');
/** Nested lists of elements, as JSON has them. */
const lists = scalar('nested lists of elements', (value): value is readonly unknown[] => Array.isArray(value), {
  type: 'array',
});
/** A tensor without writing each element down. */
const filled = record({
  shape: required(list(integer(0), 'a list of sizes', 16), 'Its sizes.'),
  fill: optional(number(Number.NEGATIVE_INFINITY), 'Every element. Default 0.'),
});
const tensor = either(Array.isArray, lists, filled);
/** Or a file, from the folder of the test: an image, .npy, JSON or raw elements. */
const input: Reader<string | readonly unknown[] | ValueOf<typeof filled>> = either(
  (value) => typeof value === 'string',
  text('a file'),
  tensor,
);
const byName = <T>(item: Reader<T>, noun: string) => mapOf(item, { min: 0, max: 256, noun, key: anyName });
const scalarValue = scalar(
  'a text, a number, true or false',
  (value): value is string | number | boolean => ['string', 'number', 'boolean'].includes(typeof value),
  { type: ['string', 'number', 'boolean'] },
);

const fake = record({
  gives: optional(byName(tensor, 'output'), 'Its outputs.'),
  fails: optional(choice(inferErrorCodes), 'The gRPC code that it fails with instead.'),
  after: optional(duration, 'So much later.'),
});

const expected = record({
  outputs: optional(byName(lists, 'output'), 'Each output; floats within `tolerance`.'),
  tolerance: optional(number(0), 'Default 0.0001.'),
  parameters: optional(byName(scalarValue, 'parameter'), 'Parameters of the answer, such as labels.'),
  rules: optional(list(anyName, 'a list of rules', 64), 'The rules that acted, in order.'),
  degraded: optional(boolean, 'Whether the answer is marked as degraded.'),
  absent: optional(list(anyName, 'a list of outputs', 256), 'Outputs that are not computed.'),
  refused: optional(
    record({
      code: optional(choice(inferErrorCodes), 'The gRPC code.'),
      reason: optional(anyName, 'ErrorInfo.reason.'),
      message: optional(anyName, 'A part of what the caller is told.'),
    }),
    'The call ends with an error.',
  ),
});

const testCase = record({
  name: required(text('a sentence about what is promised'), 'What is promised.'),
  inputs: required(byName(input, 'input'), 'Nested lists, a file, or {shape, fill}.'),
  metadata: optional(byName(text('a text'), 'key'), "The caller's gRPC metadata."),
  parameters: optional(byName(scalarValue, 'parameter'), 'Parameters of the request.'),
  timeout: optional(duration, 'The deadline. Default 10s.'),
  fakes: optional(byName(fake, 'fake'), 'Models, transforms and pipelines that are not really asked.'),
  expect: required(expected, 'What has to come out.'),
});

const testDocument = record({
  pipeline: required(text('the name of a pipeline, such as other or other/2'), 'What is tested.'),
  tests: required(list(testCase, 'a list of tests', 1_000), 'Each one call.'),
});

export type PipelineTest = ValueOf<typeof testCase>;
export type Fake = ValueOf<typeof fake>;
export type Expected = ValueOf<typeof expected>;

export interface TestFile extends ValueOf<typeof testDocument> {
  /** `tests/name.yaml`. */
  readonly file: string;
  /** Absolute; files of inputs are named from here. */
  readonly folder: string;
}

/** The tests of a mesh folder, `tests/*.yaml`, and every mistake in them. */
export async function readTests(
  mesh: Mesh,
): Promise<{ readonly files: readonly TestFile[]; readonly problems: readonly MeshProblem[] }> {
  const problems: MeshProblem[] = [];
  const at = join(mesh.folder, 'tests');
  const known = fakeable(mesh);
  const names = (await readdir(at).catch(() => [])).filter((name) => /\.ya?ml$/.test(name)).sort();
  if (names.length === 0)
    return { files: [], problems: [problemIn('tests', 'want *.yaml files with tests, found none')] };
  const files: TestFile[] = [];
  for (const name of names) {
    const yaml = await readYaml(join(at, name), `tests/${name}`, problems);
    if (!yaml) continue;
    const found = new Problems();
    const document = testDocument.read(yaml.value, [], found);
    if (document) checkFakes(document, known, found);
    for (const { path, message } of found.list) problems.push(yaml.place(path, message));
    if (document && found.list.length === 0) files.push({ ...document, file: yaml.file, folder: at });
  }
  return { files, problems };
}

/** Everything that can be faked, with its outputs where the folder tells them. */
function fakeable({ models, transforms, pipelines, services }: Mesh): Map<string, readonly TensorSpec[] | undefined> {
  return new Map([
    ...services.flatMap((service) => service.models).map((name) => [name, undefined] as const),
    ...models.map(({ name, versions }) => [name, versions.flatMap(({ signature }) => signature.outputs)] as const),
    ...transforms.map(({ name, signature }) => [name, signature.outputs] as const),
    ...[...Map.groupBy(pipelines, ({ spec }) => spec.pipeline)].map(([name, versions]) => {
      const isKnown = versions.every(({ signature }) => signature);
      return [name, isKnown ? versions.flatMap(({ signature }) => signature?.outputs ?? []) : undefined] as const;
    }),
  ]);
}

/** A fake of what nobody asks, or of an output that nobody reads, would let a test pass over what it was meant to replace. */
function checkFakes(
  { tests }: ValueOf<typeof testDocument>,
  known: ReturnType<typeof fakeable>,
  problems: Problems,
): void {
  for (const [index, { fakes = new Map<string, Fake>() }] of tests.entries())
    for (const [name, { gives }] of fakes) {
      const place = ['tests', index, 'fakes', name];
      const specs = known.get(name);
      const outputs = specs && [...new Set(specs.map((output) => output.name))];
      if (!known.has(name))
        problems.add(place, `there is nothing of that name; want one of ${[...known.keys()].join(', ')}`);
      for (const output of gives?.keys() ?? [])
        if (outputs && !outputs.includes(output))
          problems.add([...place, 'gives', output], `there is no such output; the outputs are ${outputs.join(', ')}`);
    }
}
