import { join } from 'node:path';
import { Problems } from '@sheaf/document';
import type { Signature } from '@sheaf/inference';
import { type GoldenTest, goldenDocument } from '../language/tests-document.ts';
import type { VersionContent } from '../mesh.ts';
import { checkGolden } from '../pipelines/check-tests.ts';
import type { MeshProblem } from '../problem.ts';
import { readYaml } from '../yaml-file.ts';
import { goldenFile } from './golden-file.ts';

/** The golden set of a version: a file of it like any other. None where it has no such file; every mistake in it goes to `problems`. */
export async function readGolden(
  { folder, files }: Pick<VersionContent, 'folder' | 'files'>,
  signature: Signature,
  problems: MeshProblem[],
): Promise<readonly GoldenTest[]> {
  if (!files.some(({ path }) => path === goldenFile)) return [];
  const yaml = await readYaml(join(folder, goldenFile), goldenFile, problems);
  if (!yaml) return [];
  const found = new Problems();
  const document = goldenDocument.read(yaml.value, [], found);
  if (document) await checkGolden(document.tests, signature, folder, found);
  for (const { path, message } of found.list) problems.push(yaml.place(path, message));
  return document && found.list.length === 0 ? document.tests : [];
}
