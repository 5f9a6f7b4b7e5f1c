/** A version of a model is its content: every file of it, in one digest. */
import { hash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelFiles } from '@sheaf/runtime';
import { changed } from './content-changed.ts';
import { hashFile } from './hashed-file.ts';
import type { ModelVersion, VersionContent, VersionFile } from './mesh.ts';
import { type MeshProblem, problemIn } from './problem.ts';

const filesMax = 10_000;
/** Of folders in one another; links may lead back. */
const depthMax = 16;

/** What the system and editors leave behind; and where a mounted volume keeps what its links lead to. */
export const isHidden = (name: string): boolean => /^\.|^(lost\+found|@eaDir|__MACOSX|__pycache__)$/.test(name);

/** What a path leads to, through links; undefined where that is nothing, and told where it was meant to be something. */
export async function kindOf(
  folder: string,
  path: string,
  problems: MeshProblem[],
): Promise<'file' | 'folder' | undefined> {
  const found = await stat(join(folder, path)).catch(({ code }: NodeJS.ErrnoException) => code ?? 'unknown');
  if (typeof found !== 'string') {
    if (found.isDirectory()) return 'folder';
    if (found.isFile()) return 'file';
    problems.push(problemIn(path, 'want a file or a folder, got something else, such as a pipe or a device'));
    return undefined;
  }
  const why =
    found === 'ENOENT' || found === 'ELOOP'
      ? 'it is a symbolic link that leads to nothing; make it lead to what is meant, or remove it'
      : `it cannot be looked at (${found})`;
  problems.push(problemIn(path, why));
  return undefined;
}

/** The files below a folder of the mesh, by their paths from `path`, sorted; undefined where something is wrong. */
export async function filesBelow(folder: string, path: string, problems: MeshProblem[]): Promise<string[] | undefined> {
  const files: string[] = [];
  const before = problems.length;
  const walk = async (below: string, depth: number): Promise<void> => {
    if (depth > depthMax)
      problems.push(
        problemIn(join(path, below), `want at most ${depthMax} folders in one another; does a link lead back?`),
      );
    if (problems.length > before) return;
    for (const name of await readdir(join(folder, path, below)).catch(() => [])) {
      if (isHidden(name) || files.length > filesMax) continue;
      const inner = below === '' ? name : `${below}/${name}`;
      const kind = await kindOf(folder, `${path}/${inner}`, problems);
      if (kind === 'file') files.push(inner);
      else if (kind === 'folder') await walk(inner, depth + 1);
    }
  };
  await walk('', 1);
  if (files.length > filesMax) problems.push(problemIn(path, `want at most ${filesMax} files, got more`));
  return problems.length > before ? undefined : files.sort();
}

/** The content of a version: its files, by their paths from `folder`, each once. One line of the digest for each: its path, its SHA-256 and its size, as JSON. */
export async function readContent(folder: string, paths: readonly string[]): Promise<VersionContent> {
  const files: VersionFile[] = [];
  // One after the other: all of them together are no faster, since it is one disk.
  for (const path of [...new Set(paths)].sort()) files.push({ path, ...(await hashFile(join(folder, path))) });
  const manifest = files.map(({ path, sha256, sizeBytes }) => `${JSON.stringify([path, sha256, sizeBytes])}\n`);
  return { folder, files, digest: `sha256:${hash('sha256', manifest.join(''))}` };
}

/** Some of its files, as a session is made of them. */
export const contentFiles = (
  { files }: VersionContent,
  [model, ...others]: readonly [string, ...string[]],
): ModelFiles['files'] => {
  const hashed = (path: string) => ({ path, sha256: files.find((file) => file.path === path)?.sha256 ?? '' });
  return [hashed(model), ...others.map(hashed)];
};

/**
 * Throws FAILED_PRECONDITION, with the reason `contentChanged`, when a file of the version, of those that `isMeant` picks, is another than when the folder was
 * read: one version would serve two sets of weights.
 */
export async function checkContent(
  model: string,
  { version, content }: ModelVersion,
  isMeant: (path: string) => boolean = () => true,
): Promise<void> {
  for (const { path, sha256 } of content.files.filter((file) => isMeant(file.path))) {
    const found = await hashFile(join(content.folder, path)).catch(({ code }: NodeJS.ErrnoException) => code);
    const got = typeof found === 'object' ? found.sha256 : `none (${found})`;
    if (got !== sha256)
      throw changed(
        `model ${model}/${version}: ${path} is another file than the one that the mesh serves: want sha256 ${sha256}, got ${got}`,
      );
  }
}
