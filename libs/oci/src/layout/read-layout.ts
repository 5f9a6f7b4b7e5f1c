/** Reads an artifact out of an image layout that somebody has brought. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { ArtifactSource, PulledArtifact } from '../artifact.ts';
import type { Descriptor } from '../descriptor.ts';
import { shown } from '../file-paths.ts';
import { parseIndex } from '../image-manifest.ts';
import { type ArtifactLimits, artifactLimits, documentBytesMax } from '../limits.ts';
import { manifestType, refNameAnnotation } from '../media-types.ts';
import { fillFolder } from '../new-folder.ts';
import { readPieces, readSmall } from '../open-file.ts';
import { invalid, refuse, tooMuch } from '../refuse.ts';
import { readTar } from '../tar/read-tar.ts';
import { readArtifact } from '../unpack.ts';
import { blobFile, indexFile, isLayoutFile, markerFile } from './layout-files.ts';
import { isArchive } from './write-layout.ts';

export interface LayoutToRead {
  /** The folder of the layout, or a tar archive of one. */
  readonly path: string;
  /** Which of its manifests. Default: the only one. */
  readonly tag?: string | undefined;
}

/** Reads one artifact of a layout into `folder`, verified, as `readArtifact` does. An archive is unpacked beside `folder` for as long as it takes. */
export async function readLayout(
  { path, tag }: LayoutToRead,
  folder: string,
  limits: ArtifactLimits = artifactLimits,
): Promise<PulledArtifact> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw invalid(`${path}: want an image layout, found nothing`);
  if (found.isDirectory()) return readArtifact(layoutSource(path, tag), folder, limits);
  if (!isArchive(path)) throw invalid(`${path}: want the folder of an image layout, or an archive that ends in .tar`);
  const beside = dirname(resolve(folder));
  const temporary = await mkdtemp(join(beside, `.${basename(resolve(folder))}.layout-`)).catch(() =>
    mkdtemp(join(tmpdir(), 'sheaf-layout-')),
  );
  try {
    const layout = join(temporary, 'layout');
    await unpackLayout(path, layout, limits);
    return await readArtifact(layoutSource(layout, tag), folder, limits);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

function layoutSource(layout: string, tag: string | undefined): ArtifactSource {
  return {
    async manifest() {
      const marker = await readSmall(join(layout, markerFile), markerFile, documentBytesMax);
      if (!marker.includes('imageLayoutVersion')) throw refuse(`${markerFile}: want an image layout`);
      const index = parseIndex(await readSmall(join(layout, indexFile), indexFile, documentBytesMax));
      const { digest } = pick(index, tag);
      return { digest, bytes: await readSmall(join(layout, blobFile(digest)), `blob ${digest}`, documentBytesMax) };
    },
    blob: ({ digest }) => readPieces(join(layout, blobFile(digest)), `blob ${digest}`),
  };
}

function pick(index: readonly Descriptor[], tag: string | undefined): Descriptor {
  const manifests = index.filter(({ mediaType }) => mediaType === manifestType);
  const tagOf = ({ annotations }: Descriptor) => annotations?.[refNameAnnotation];
  const meant = tag === undefined ? manifests : manifests.filter((one) => tagOf(one) === tag);
  const [first, ...others] = meant;
  if (first && others.every(({ digest }) => digest === first.digest)) return first;
  const tags = manifests.map((one) => shown(tagOf(one) ?? '')).slice(0, 10);
  throw refuse(
    `${indexFile}: want ${tag === undefined ? 'one manifest, or a tag that says which' : `one manifest with the tag ${shown(tag)}`}, found ${tags.join(', ') || 'none'}`,
  );
}

async function unpackLayout(archive: string, layout: string, { bytesMax, filesMax }: ArtifactLimits): Promise<void> {
  await fillFolder(layout, async (folder) => {
    let bytes = 0;
    const seen = new Set<string>();
    for await (const { path, kind, type, sizeBytes, content } of readTar(readPieces(archive, archive))) {
      const inner = path.replace(/^(\.\/)+/, '');
      if (kind === 'folder' && /^(|\.|blobs|blobs\/sha256)\/?$/.test(inner)) continue;
      if (kind !== 'file' || !isLayoutFile(inner))
        throw refuse(`${basename(archive)}: want the files of an image layout, got ${type} ${shown(path)}`);
      bytes += sizeBytes;
      if (bytes > bytesMax) throw tooMuch(`${basename(archive)}: want at most ${bytesMax} bytes of files, got more`);
      if (seen.size >= filesMax) throw tooMuch(`${basename(archive)}: want at most ${filesMax} files, got more`);
      if (seen.has(inner)) throw refuse(`${basename(archive)}: want ${shown(inner)} once`);
      seen.add(inner);
      await folder.write(inner, content);
    }
  });
}
