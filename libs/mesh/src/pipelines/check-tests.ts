/** Whether what tests name is there: pipelines, tensors, what is faked, files. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Path, Problems, ValueOf } from '@sheaf/document';
import type { Signature, TensorSpec } from '@sheaf/inference';
import { pipelineFinder, pipelineName } from '@sheaf/pipeline';
import type { Fake, GoldenTest, PipelineTest, testDocument } from '../language/tests-document.ts';
import type { Mesh } from '../mesh.ts';

/** Holds a file of tests against the mesh. `folder` is the one that files of inputs are named from. */
export async function checkTests(
  { pipeline, tests }: ValueOf<typeof testDocument>,
  mesh: Mesh,
  folder: string,
  problems: Problems,
): Promise<void> {
  const specs = mesh.pipelines.map(({ spec }) => spec);
  const spec = pipelineFinder(specs, mesh.aliases)(pipelineName(pipeline));
  if (!spec) {
    const there = [...new Set(specs.map((one) => one.pipeline))].join(', ') || 'none';
    problems.add(['pipeline'], `there is no pipeline "${pipeline}"; the pipelines are ${there}`);
  }
  const signature = mesh.pipelines.find((one) => one.spec === spec)?.signature;
  const known = fakeable(mesh);
  for (const [index, test] of tests.entries()) {
    const path = ['tests', index];
    await checkInputs(test, signature, folder, [...path, 'inputs'], problems);
    checkFakes(test, known, [...path, 'fakes'], problems);
    checkExpected(test.expect, signature, [...path, 'expect'], problems);
  }
}

/** Holds the golden set of a version against its signature. `folder` is that of the version. */
export async function checkGolden(
  tests: readonly GoldenTest[],
  signature: Signature,
  folder: string,
  problems: Problems,
): Promise<void> {
  for (const [index, test] of tests.entries()) {
    const path = ['tests', index];
    await checkInputs(test, signature, folder, [...path, 'inputs'], problems);
    checkExpected(test.expect, signature, [...path, 'expect'], problems);
  }
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

/** The signature is undefined where only somebody else's server can tell it. */
async function checkInputs(
  { inputs }: Pick<PipelineTest, 'inputs'>,
  signature: Signature | undefined,
  folder: string,
  path: Path,
  problems: Problems,
): Promise<void> {
  for (const [name, value] of inputs) {
    const place = [...path, name];
    if (signature) checkName(name, 'input', signature.inputs, place, problems);
    if (typeof value === 'string' && !(await isFile(resolve(folder, value))))
      problems.add(place, `want a file, from the folder of the test; found no "${value}"`);
  }
}

const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isFile() ?? false;

function checkExpected(
  { outputs, absent }: Partial<PipelineTest['expect']>,
  signature: Signature | undefined,
  path: Path,
  problems: Problems,
): void {
  if (!signature) return;
  for (const name of outputs?.keys() ?? [])
    checkName(name, 'output', signature.outputs, [...path, 'outputs', name], problems);
  for (const [index, name] of absent?.entries() ?? [])
    checkName(name, 'output', signature.outputs, [...path, 'absent', index], problems);
}

function checkName(
  name: string,
  noun: 'input' | 'output',
  specs: readonly TensorSpec[],
  path: Path,
  problems: Problems,
): void {
  const names = specs.map((spec) => spec.name);
  if (!names.includes(name)) problems.add(path, `there is no ${noun} "${name}"; the ${noun}s are ${names.join(', ')}`);
}

/** A fake of what nobody asks, or of an output that nobody reads, would let a test pass over what it was meant to replace. */
function checkFakes(
  { fakes = new Map<string, Fake>() }: PipelineTest,
  known: ReturnType<typeof fakeable>,
  path: Path,
  problems: Problems,
): void {
  for (const [name, { gives }] of fakes) {
    const place = [...path, name];
    const specs = known.get(name);
    const outputs = specs && [...new Set(specs.map((output) => output.name))];
    if (!known.has(name))
      problems.add(place, `there is nothing of that name; want one of ${[...known.keys()].join(', ')}`);
    for (const output of gives?.keys() ?? [])
      if (outputs && !outputs.includes(output))
        problems.add([...place, 'gives', output], `there is no such output; the outputs are ${outputs.join(', ')}`);
  }
}
