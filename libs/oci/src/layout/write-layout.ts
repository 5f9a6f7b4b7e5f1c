/** An artifact as an image layout: a folder, or the same in a tar archive. */
import { lstat, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Artifact, ArtifactTarget } from '../artifact.ts';
import type { Descriptor } from '../descriptor.ts';
import { indexType, refNameAnnotation } from '../media-types.ts';
import { fillFolder, inWords, writePieces } from '../new-folder.ts';
import { writeArtifact } from '../pack.ts';
import { invalid } from '../refuse.ts';
import { type FileToPack, writeTar } from '../tar/write-tar.ts';
import { blobFile, indexFile, marker, markerFile } from './layout-files.ts';

/** Whether a layout lies in a tar archive, by its name. */
export const isArchive = (path: string): boolean => path.endsWith('.tar');

/**
 * Writes an artifact as a layout to `path`, a new folder or, where it ends in `.tar`, a new file; the descriptor of its manifest, which the layout calls
 * `tag`. Throws INVALID_ARGUMENT where something lies there.
 */
export const writeLayout = (artifact: Artifact, path: string, tag: string): Promise<Descriptor> =>
  isArchive(path) ? writeArchive(artifact, path, tag) : writeFolder(artifact, path, tag);

function writeFolder(artifact: Artifact, path: string, tag: string): Promise<Descriptor> {
  return fillFolder(path, async (folder) => {
    const text = (file: string, content: string | Uint8Array) => folder.write(file, only(content));
    await text(markerFile, marker);
    const target: ArtifactTarget = {
      putBlob: ({ digest }, open) => folder.write(blobFile(digest), open(0)),
      async putManifest(manifest, bytes) {
        await text(blobFile(manifest.digest), bytes);
        await text(indexFile, indexOf(manifest, tag));
      },
    };
    return writeArtifact(artifact, target);
  });
}

/** Files are noted first and packed after: each is read once, when its turn comes. */
async function writeArchive(artifact: Artifact, path: string, tag: string): Promise<Descriptor> {
  const files: FileToPack[] = [inMemory(markerFile, marker)];
  const target: ArtifactTarget = {
    async putBlob({ digest, size }, open) {
      files.push({ path: blobFile(digest), sizeBytes: size, open: () => open(0) });
    },
    async putManifest(manifest, bytes) {
      files.push(inMemory(blobFile(manifest.digest), bytes), inMemory(indexFile, indexOf(manifest, tag)));
    },
  };
  const written = await writeArtifact(artifact, target);
  await writeNewFile(path, writeTar(files));
  return written;
}

const indexOf = (manifest: Descriptor, tag: string): string =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: indexType,
    manifests: [{ ...manifest, annotations: { [refNameAnnotation]: tag } }],
  });

function inMemory(path: string, content: string | Uint8Array): FileToPack {
  const bytes = Buffer.from(content);
  return { path, sizeBytes: bytes.byteLength, open: () => only(bytes) };
}

async function* only(content: string | Uint8Array): AsyncGenerator<Uint8Array> {
  yield Buffer.from(content);
}

async function writeNewFile(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  // It may be somebody's only copy.
  if (await lstat(path).catch(() => undefined)) throw invalid(`${path} is there already`);
  const partial = join(dirname(path), `.${basename(path)}.${process.pid}.partial`);
  try {
    const file = await open(partial, 'wx');
    try {
      await writePieces(file, content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw inWords(error);
  }
}
