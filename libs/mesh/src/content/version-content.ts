/** A version of a model is its content: every file of it, in one digest. */
import { hash } from 'node:crypto';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { ModelFiles } from '@sheaf/runtime';
import type { VersionContent, VersionFile } from '../mesh.ts';
import { type MeshProblem, problemIn } from '../problem.ts';
import { changed } from './content-changed.ts';
import { hashFile } from './hashed-file.ts';

const filesMax = 10_000;
/** Of folders in one another; links may lead back. */
const depthMax = 16;

/** What the system and editors leave behind; and where a mounted volume keeps what its links lead to. */
export const isHidden = (name: string): boolean => /^\.|^(lost\+found|@eaDir|__MACOSX|__pycache__)$/.test(name);

/** As it has to be typed in a shell. */
export const typed = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);

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

/** Whether what a path leads to, through links, is a folder or lies in it. False too where it leads to nothing. */
export async function isWithin(folder: string, path: string): Promise<boolean> {
  const [home, target] = await Promise.all([folder, path].map((one) => realpath(one).catch(() => '')));
  return Boolean(home && (target === home || target?.startsWith(home + sep)));
}

/** Of a link that leads out of the folder of its version: whoever brings a model must not bring files that he cannot read. */
export const leadsOut = (path: string): string =>
  `it is a symbolic link that leads out of the folder of the version; want what it leads to itself: f=${typed(path)}; t=$(readlink -f "$f") && rm "$f" && cp -r "$t" "$f"`;

/** The files of a version, by their paths from its folder `path`, sorted; undefined where something is wrong. The `model` file alone may be a link to anywhere. */
export async function filesBelow(
  folder: string,
  path: string,
  model: string,
  problems: MeshProblem[],
): Promise<string[] | undefined> {
  const files: string[] = [];
  const home = join(folder, path);
  const before = problems.length;
  const walk = async (below: string, depth: number): Promise<void> => {
    if (depth > depthMax)
      problems.push(
        problemIn(join(path, below), `want at most ${depthMax} folders in one another; does a link lead back?`),
      );
    if (problems.length > before) return;
    for (const entry of await readdir(join(home, below), { withFileTypes: true }).catch(() => [])) {
      const { name } = entry;
      if (isHidden(name) || files.length > filesMax) continue;
      const inner = below === '' ? name : `${below}/${name}`;
      const kind = await kindOf(folder, `${path}/${inner}`, problems);
      if (kind && inner !== model && entry.isSymbolicLink() && !(await isWithin(home, join(home, inner))))
        problems.push(problemIn(`${path}/${inner}`, leadsOut(`${path}/${inner}`)));
      else if (kind === 'file') files.push(inner);
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
  subject: string,
  content: VersionContent,
  isMeant: (path: string) => boolean = () => true,
): Promise<void> {
  for (const { path, sha256 } of content.files.filter((file) => isMeant(file.path))) {
    const found = await hashFile(join(content.folder, path)).catch(({ code }: NodeJS.ErrnoException) => code);
    const got = typeof found === 'object' ? found.sha256 : `none (${found})`;
    if (got !== sha256)
      throw changed(
        `${subject}: ${path} is another file than the one that the mesh serves: want sha256 ${sha256}, got ${got}`,
      );
  }
}
