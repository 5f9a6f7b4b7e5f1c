/** The files of a folder or a file, as they are pushed: what is a link, a pipe or a device is refused, since it is not what it looks like. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hashedFile, type PushedFile } from '@sheaf/registry';
import type { ManifestMessage } from '@sheaf/transport';
import { UsageError } from '../../command.ts';

export interface Collected {
  readonly files: readonly PushedFile[];
  /** What the manifest says beside them. */
  readonly said: Partial<Omit<ManifestMessage, 'files'>>;
}

const filesMax = 10_000;
const depthMax = 16;

/** What the system and editors leave behind. */
const isHidden = (name: string): boolean => /^\.|^(lost\+found|@eaDir|__MACOSX|__pycache__)$/.test(name);

/** A file under the path that it has in its version. */
export async function collectFile(path: string, file: string): Promise<PushedFile> {
  await checkPlain(file);
  return hashedFile(path, file);
}

/** All files below `folder`, sorted by path. */
export async function collectFolder(folder: string): Promise<PushedFile[]> {
  const paths = await walk(folder, '', 1);
  if (paths.length === 0) throw new UsageError(`${folder}: want files, found none`);
  if (paths.length > filesMax) throw new UsageError(`${folder}: want at most ${filesMax} files, found more`);
  const files: PushedFile[] = [];
  // One after the other: all of them together are no faster, since it is one disk.
  for (const path of paths.sort()) files.push(await collectFile(path, join(folder, path)));
  return files;
}

async function walk(folder: string, below: string, depth: number): Promise<string[]> {
  if (depth > depthMax) throw new UsageError(`${folder}: want at most ${depthMax} folders in one another`);
  const found: string[] = [];
  for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
    if (isHidden(entry.name)) continue;
    const inner = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await walk(folder, inner, depth + 1)));
    else found.push(inner);
    if (found.length > filesMax) break;
  }
  return found;
}

/** One that has several names could be changed by another one while it is pushed, and is perhaps nobody's to give. */
async function checkPlain(file: string): Promise<void> {
  const found = await lstat(file).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${file} cannot be read (${error.code})`);
  });
  const copied = 'cp -rL makes a copy of what it leads to';
  if (found.isSymbolicLink()) throw new UsageError(`${file}: want a file, got a symbolic link; ${copied}`);
  if (!found.isFile()) throw new UsageError(`${file}: want a file, got something else, such as a pipe or a device`);
  if (found.nlink > 1)
    throw new UsageError(`${file}: want a file of one name, got one of ${found.nlink} (hard links); ${copied}`);
}
