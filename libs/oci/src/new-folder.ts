/** A folder that is there as a whole, or not at all. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { invalid, refuse, tooMuch } from './refuse.ts';

export interface NewFolder {
  /** Writes a file that is not there yet; its path has been checked. */
  write(path: string, content: AsyncIterable<Uint8Array>): Promise<void>;
}

/**
 * Has `fill` write into a folder beside the one that is meant, which then takes its name; where it throws, nothing is left. The folder must not be there, or
 * be empty.
 */
export async function fillFolder<T>(path: string, fill: (folder: NewFolder) => Promise<T>): Promise<T> {
  const target = resolve(path);
  if (!(await isFree(target))) throw invalid(`${path}: want a folder that is empty or not there yet`);
  await mkdir(dirname(target), { recursive: true });
  const partial = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.partial`);
  await mkdir(partial);
  try {
    const result = await fill({ write: (file, content) => writeNew(join(partial, file), content) });
    // Of an empty folder its name is wanted.
    await rmdir(target).catch(() => {});
    await rename(partial, target);
    return result;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw inWords(error);
  }
}

async function isFree(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found === undefined || (found.isDirectory() && (await readdir(path)).length === 0);
}

async function writeNew(file: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o644);
  try {
    await writePieces(handle, content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function writePieces(handle: FileHandle, content: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of content)
    for (let at = 0; at < piece.byteLength; ) at += (await handle.write(piece, at)).bytesWritten;
}

/** Of the system's errors those that whoever reads can do something about. */
export function inWords(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return tooMuch('the disk is full');
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM')
    return refuse(`the folder cannot be written (${code})`);
  if (code?.startsWith('Z_') || code?.startsWith('ZSTD_')) return refuse('a compressed layer is damaged', error);
  return error;
}
