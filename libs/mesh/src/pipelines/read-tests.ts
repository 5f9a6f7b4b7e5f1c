import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Problems, type ValueOf } from '@sheaf/document';
import type { TensorSpec } from '@sheaf/inference';
import { type Fake, testDocument } from '../language/tests-document.ts';
import type { Mesh } from '../mesh.ts';
import { type MeshProblem, problemIn } from '../problem.ts';
import { readYaml } from '../yaml-file.ts';

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
