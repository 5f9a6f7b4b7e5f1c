/** Reads the files of a version that somebody brought, and believes nothing of them. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { MeshProblem, Model, ModelVersion } from '@sheaf/mesh';
import { formatProblem, readAlone } from '@sheaf/mesh/alone';
import type { Candidate, UnreadCandidate } from '../candidate.ts';
import type { TrialLimits } from '../limits.ts';
import type { Tell } from './tell.ts';

const entriesMax = 10_000;
const depthMax = 16;
const problemsTold = 20;

export interface Read {
  readonly model: Model;
  readonly version: ModelVersion;
}

/** Undefined where it cannot be read, which has been told. */
export async function readCandidate(
  candidate: Candidate,
  { sizeBytesMax }: TrialLimits,
  tell: Tell,
): Promise<Read | undefined> {
  if (candidate.kind === 'unread') {
    const sizeBytes = await checkEntries(candidate, tell);
    if (sizeBytes === undefined) return undefined;
    tell.facts({ sizeBytes });
    return isSmall(sizeBytes, sizeBytesMax, tell) ? readUnread(candidate, tell) : undefined;
  }
  const { model, version } = candidate;
  const sizeBytes = version.content.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  tell.facts({ sizeBytes });
  return isSmall(sizeBytes, sizeBytesMax, tell) ? { model, version } : undefined;
}

function isSmall(sizeBytes: number, sizeBytesMax: number, tell: Tell): boolean {
  if (sizeBytes <= sizeBytesMax) return true;
  tell.found('file', `its files take ${sizeBytes} bytes; the limit is ${sizeBytesMax}`, 'RESOURCE_EXHAUSTED');
  return false;
}

async function readUnread({ folder, name, version, settings }: UnreadCandidate, tell: Tell): Promise<Read | undefined> {
  const problems: MeshProblem[] = [];
  const model = await readAlone(folder, { name, version, settings }, problems);
  tellProblems(problems, tell);
  return model && problems.length === 0 ? { model, version: model.versions[0] } : undefined;
}

export function tellProblems(problems: readonly MeshProblem[], tell: Tell): void {
  for (const problem of problems.slice(0, problemsTold))
    tell.found(/\.ya?ml$/.test(problem.file) ? 'settings' : 'file', formatProblem(problem), problem.code);
}

/** Bytes of all files. A link may lead anywhere, also one that looks like a file: none of them is taken. Undefined where something is wrong, which has been told. */
async function checkEntries({ folder, isLinked = false }: UnreadCandidate, tell: Tell): Promise<number | undefined> {
  let bytes = 0;
  let entries = 0;
  const wrong = (path: string, why: string): undefined => tell.found('file', `${path}: ${why}`) as undefined;
  const walk = async (below: string, depth: number): Promise<true | undefined> => {
    if (depth > depthMax) return wrong(below, `want at most ${depthMax} folders in one another`);
    const found = await readdir(join(folder, below), { withFileTypes: true }).catch(() => undefined);
    if (!found) return wrong(below || '.', 'want a folder that can be read');
    for (const entry of found) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (++entries > entriesMax) return wrong('.', `want at most ${entriesMax} files, got more`);
      if (entry.isDirectory()) {
        if (!(await walk(path, depth + 1))) return undefined;
        continue;
      }
      if (!entry.isFile()) return wrong(path, `want a file, got ${kindOf(entry)}`);
      const { size, nlink } = await lstat(join(folder, path));
      if (nlink > 1 && !isLinked)
        return wrong(path, 'it is a hard link, which may be a file of somebody else; want a copy of its own');
      bytes += size;
    }
    return true;
  };
  return (await walk('', 1)) ? bytes : undefined;
}

const kindOf = (entry: { isSymbolicLink(): boolean }): string =>
  entry.isSymbolicLink() ? 'a symbolic link' : 'something else, such as a pipe or a device';
