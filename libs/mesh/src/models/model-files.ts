/** The files that a model keeps weights in: each is in the version's folder, whole, and part of the version. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExternalFile } from '@sheaf/onnx';
import { isWithin, leadsOut } from '../content/version-content.ts';
import { type MeshProblem, problemIn } from '../problem.ts';

/** The files that the model names, in their order, by their paths from its folder `home`; undefined, with a problem, where one cannot be served. `version` is how that folder is told of. */
export async function weightFiles(
  home: string,
  version: string,
  externalFiles: readonly ExternalFile[],
  problems: MeshProblem[],
): Promise<readonly string[] | undefined> {
  const before = problems.length;
  for (const external of externalFiles) {
    const why = await whyNotServed(home, version, external);
    if (why) problems.push(problemIn(`${version}/${external.location}`, why));
  }
  return problems.length > before ? undefined : externalFiles.map(({ location }) => location);
}

async function whyNotServed(
  home: string,
  version: string,
  { location, bytesMin }: ExternalFile,
): Promise<string | undefined> {
  const missing = 'the model keeps weights here, found no file that can be read; copy it here together with the model';
  const file = join(home, location);
  const state = await stat(file).catch(() => undefined);
  if (!state) return missing;
  if (!(await isWithin(home, file))) return leadsOut(`${version}/${location}`);
  if (!state.isFile()) return 'the model keeps weights here, found something that is no file';
  if (state.size < bytesMin)
    return `the model reads ${bytesMin} bytes here, found ${state.size}; the file is not whole, copy it again`;
  return undefined;
}
