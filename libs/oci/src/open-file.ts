/** Reads files that somebody else has put somewhere. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { refuse, tooMuch } from './refuse.ts';

const pieceBytes = 256 * 1024;

/** Opens a regular file, and no link to one; `what` is what its sentence calls it. */
async function openRegular(file: string, what: string): Promise<FileHandle> {
  // Without O_NONBLOCK a pipe would keep the open waiting for a writer.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(file, flags).catch(({ code }: NodeJS.ErrnoException) => {
    throw refuse(code === 'ENOENT' || code === 'ENOTDIR' ? `${what} is not there` : `${what} cannot be read (${code})`);
  });
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw refuse(`${what}: want a file, got something else`);
}

/** Its bytes from `start` on. */
export async function* readPieces(file: string, what: string, start = 0): AsyncGenerator<Uint8Array> {
  const handle = await openRegular(file, what);
  try {
    yield* handle.createReadStream({ start, highWaterMark: pieceBytes, autoClose: false });
  } finally {
    await handle.close();
  }
}

/** A small file as a whole. */
export async function readSmall(file: string, what: string, bytesMax: number): Promise<Buffer> {
  const handle = await openRegular(file, what);
  try {
    const { size } = await handle.stat();
    if (size > bytesMax) throw tooMuch(`${what}: want at most ${bytesMax} bytes, got ${size}`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}
