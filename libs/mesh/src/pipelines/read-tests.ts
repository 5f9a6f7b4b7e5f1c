import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Problems, type ValueOf } from '@sheaf/document';
import { testDocument } from '../language/tests-document.ts';
import type { Mesh } from '../mesh.ts';
import type { MeshProblem } from '../problem.ts';
import { readYaml } from '../yaml-file.ts';
import { checkTests } from './check-tests.ts';

export interface TestFile extends ValueOf<typeof testDocument> {
  /** `tests/name.yaml`. */
  readonly file: string;
  /** Absolute; files of inputs are named from here. */
  readonly folder: string;
}

export interface TestsReading {
  /** Those without a mistake. */
  readonly files: readonly TestFile[];
  readonly problems: readonly MeshProblem[];
}

/**
 * The tests of a mesh folder, `tests/*.yaml`, and every mistake in them. Without a mesh, as where the folder has mistakes, the names in them are not looked
 * at: what they name may only be broken.
 */
export async function readTests(folder: string, mesh: Mesh | undefined): Promise<TestsReading> {
  const problems: MeshProblem[] = [];
  const at = join(folder, 'tests');
  const names = (await readdir(at).catch(() => [])).filter((name) => /^[^.].*\.ya?ml$/.test(name)).sort();
  const files: TestFile[] = [];
  for (const name of names) {
    const yaml = await readYaml(join(at, name), `tests/${name}`, problems);
    if (!yaml) continue;
    const found = new Problems();
    const document = testDocument.read(yaml.value, [], found);
    if (document && mesh) await checkTests(document, mesh, at, found);
    for (const { path, message } of found.list) problems.push(yaml.place(path, message));
    if (document && found.list.length === 0) files.push({ ...document, file: yaml.file, folder: at });
  }
  return { files, problems };
}
