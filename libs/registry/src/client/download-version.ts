/** Brings the files of a version from a registry into a folder. */
import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InferError } from '@sheaf/inference';
import type { RegistryCalls, VersionMessage } from '@sheaf/transport';
import { checkFilePath } from '../file-path.ts';
import type { ManifestFile } from '../manifest.ts';

/** Of all files together. */
export type OnDownloadProgress = (doneBytes: number, totalBytes: number) => void;

/** Writes the files below `folder`; each is checked against its hash, and is not there before all of it is. Throws InferError. */
export async function downloadVersion(
  { download }: Pick<RegistryCalls, 'download'>,
  { kind, name, version, manifest }: VersionMessage,
  folder: string,
  onProgress: OnDownloadProgress = () => {},
): Promise<void> {
  const files = manifest?.files ?? [];
  // A registry that is somebody else's has no say in where its files go.
  for (const { path } of files) checkFilePath(path);
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let doneBytes = 0;
  for (const file of files) {
    const bytes = download({ kind, name, version: String(version), path: file.path });
    await writeChecked(join(folder, file.path), file, bytes, (count) => {
      doneBytes += count;
      onProgress(doneBytes, totalBytes);
    });
  }
}

async function writeChecked(
  file: string,
  { path, sizeBytes, sha256 }: ManifestFile,
  answers: AsyncIterable<{ readonly data: Buffer }>,
  onBytes: (count: number) => void,
): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const part = `${file}.part`;
  const hash = createHash('sha256');
  let writtenBytes = 0;
  try {
    {
      await using handle = await open(part, 'w', 0o644);
      for await (const { data } of answers) {
        hash.update(data);
        writtenBytes += data.length;
        if (writtenBytes > sizeBytes) throw otherThan(path);
        await handle.write(data);
        onBytes(data.length);
      }
      await handle.sync();
    }
    if (writtenBytes !== sizeBytes || hash.digest('hex') !== sha256) throw otherThan(path);
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

const otherThan = (path: string): InferError =>
  new InferError('DATA_LOSS', `${path}: the registry gave other bytes than its manifest promises`, {
    reason: 'CONTENT_MISMATCH',
  });
