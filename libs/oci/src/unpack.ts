/** An artifact becomes the files of a version, in a folder of their own. */
import { createHash, hash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { ArtifactSource, PulledArtifact } from './artifact.ts';
import { checkDigest, type Descriptor, verified } from './descriptor.ts';
import { checkPath, createPathSet, shown } from './file-paths.ts';
import { parseManifest } from './image-manifest.ts';
import { type ArtifactLimits, artifactLimits, documentBytesMax } from './limits.ts';
import { type Compression, layerFormOf, pathAnnotation, titleAnnotation } from './media-types.ts';
import { fillFolder, type NewFolder } from './new-folder.ts';
import { refuse, tooMuch } from './refuse.ts';
import { readTar } from './tar/read-tar.ts';

/**
 * Reads an artifact into `folder`, which is empty or not there yet. Everything is verified against the manifest before the folder gets its name; nothing is
 * written outside of it, and nothing is left where it throws.
 */
export async function readArtifact(
  source: ArtifactSource,
  folder: string,
  limits: ArtifactLimits = artifactLimits,
): Promise<PulledArtifact> {
  const { bytes, digest = `sha256:${hash('sha256', bytes)}` } = await source.manifest();
  checkDigest(digest, bytes);
  const { config, layers, annotations } = parseManifest(bytes);
  if (layers.length > limits.filesMax) throw tooMuch(`want at most ${limits.filesMax} layers, got ${layers.length}`);
  const declared = layers.reduce((sum, { size }) => sum + size, 0);
  if (declared > limits.bytesMax) throw tooMuch(`want at most ${limits.bytesMax} bytes of layers, got ${declared}`);
  await readConfig(source, config);
  const files = await fillFolder(folder, async (into) => {
    const collected = createCollector(into, limits);
    for (const [at, layer] of layers.entries()) await readLayer(source, layer, `layer ${at + 1}`, collected);
    return collected.files;
  });
  return { digest, files, annotations };
}

/** What it says is for other readers; that it is there and whole belongs to the artifact. */
async function readConfig(source: ArtifactSource, config: Descriptor): Promise<void> {
  if (config.size > documentBytesMax)
    throw tooMuch(`the configuration: want at most ${documentBytesMax} bytes, got ${config.size}`);
  for await (const _ of verified(config, source.blob(config)));
}

interface Collector {
  readonly files: PulledArtifact['files'];
  add(path: string, content: AsyncIterable<Uint8Array>, of: string): Promise<void>;
}

/** Writes files as long as they are within the limits, and remembers what they are. */
function createCollector(folder: NewFolder, { bytesMax, filesMax }: ArtifactLimits): Collector {
  const files: { path: string; sizeBytes: number; sha256: string }[] = [];
  const paths = createPathSet();
  let bytes = 0;
  return {
    files,
    async add(path, content, of) {
      paths.add(path, of);
      if (paths.size > filesMax) throw tooMuch(`want at most ${filesMax} files, got more`);
      const sum = createHash('sha256');
      const before = bytes;
      const counted = async function* () {
        for await (const piece of content) {
          bytes += piece.byteLength;
          if (bytes > bytesMax) throw tooMuch(`want at most ${bytesMax} bytes of files, got more`);
          sum.update(piece);
          yield piece;
        }
      };
      await folder.write(path, counted());
      files.push({ path, sizeBytes: bytes - before, sha256: sum.digest('hex') });
    },
  };
}

async function readLayer(source: ArtifactSource, layer: Descriptor, of: string, into: Collector): Promise<void> {
  const { mediaType, annotations = {} } = layer;
  const content = verified(layer, source.blob(layer));
  const form = layerFormOf(mediaType, annotations);
  if (form.kind === 'tar') return readArchive(content, form.compression, of, into);
  const path = annotations[pathAnnotation] ?? annotations[titleAnnotation];
  if (path === undefined)
    throw refuse(`${of}: want the path of its file in ${pathAnnotation} or ${titleAnnotation}, got neither`);
  await into.add(path, content, of);
}

async function readArchive(
  content: AsyncIterable<Uint8Array>,
  compression: Compression,
  of: string,
  into: Collector,
): Promise<void> {
  let isVerified = false;
  const whole = async function* () {
    yield* content;
    isVerified = true;
  };
  for await (const { path, kind, type, content: bytes } of readTar(unpacked(whole(), compression))) {
    const where = `${of}: entry ${shown(path)} of its archive`;
    if (kind === 'other') throw refuse(`${where}: want files and folders, got ${type}`);
    const inner = path.replace(/^(\.\/)+/, '');
    if (kind === 'file') await into.add(inner, bytes, where);
    // The folder of a file is made with it, and an empty one is nothing.
    else if (inner !== '' && inner !== '.') checkPath(inner.replace(/\/$/, ''), where);
  }
  if (!isVerified) throw refuse(`${of}: want nothing after the end of its archive`);
}

function unpacked(content: AsyncIterable<Uint8Array>, compression: Compression): AsyncIterable<Uint8Array> {
  if (compression === 'none') return content;
  const stream = compression === 'gzip' ? createGunzip() : createZstdDecompress();
  // What fails in the source fails in what is read of the stream.
  pipeline(Readable.from(content, { objectMode: false }), stream, () => {});
  return stream;
}
