/** Reads a file by its descriptor, in pieces, so that its size takes no memory. */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { refused } from '../refusals.ts';

const chunkBytes = 262_144;

/** SHA-256 of all that the descriptor leads to, hex. */
export async function hashOf(handle: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafeSlow(chunkBytes);
  for (let position = 0; ; ) {
    const { bytesRead } = await handle.read(buffer, 0, chunkBytes, position);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
}

/** Whose the memory of a chunk is: the reader's for good, or until it asks for the next one. Memory of its own for each is freed when Node gets to it: some 64 MiB later. */
export type ChunkMemory = 'own' | 'reused';

/** The bytes from a position on. With `sha256` the end comes only if all that was read has this hash. */
export async function* readFrom(
  handle: FileHandle,
  from: number,
  sha256: string | undefined,
  memory: ChunkMemory,
): AsyncIterable<Uint8Array> {
  const hash = createHash('sha256');
  let buffer = Buffer.allocUnsafeSlow(chunkBytes);
  for (let position = from; ; ) {
    if (memory === 'own' && position > from) buffer = Buffer.allocUnsafeSlow(chunkBytes);
    const { bytesRead } = await handle.read(buffer, 0, chunkBytes, position);
    if (bytesRead === 0) break;
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    position += bytesRead;
    yield chunk;
  }
  if (sha256 !== undefined && hash.digest('hex') !== sha256)
    throw refused('BLOB_CORRUPT', `sha256 ${sha256}: the file in the registry was changed while it was read`);
}
