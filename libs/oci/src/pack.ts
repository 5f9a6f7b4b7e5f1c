/** A version becomes an artifact: each file is a layer as it is, so that its digest is the one that the version has. */
import type { Artifact, ArtifactFile, ArtifactTarget } from './artifact.ts';
import { type Descriptor, describe } from './descriptor.ts';
import { createPathSet } from './file-paths.ts';
import { encodeManifest } from './image-manifest.ts';
import { documentBytesMax } from './limits.ts';
import { configType, layerTypeOf, manifestType, pathAnnotation, titleAnnotation } from './media-types.ts';
import { tooMuch } from './refuse.ts';

/** Writes an artifact to where it should be, its manifest last; the descriptor of the manifest. */
export async function writeArtifact(artifact: Artifact, target: ArtifactTarget): Promise<Descriptor> {
  const paths = createPathSet();
  for (const { path } of artifact.files) paths.add(path, 'a file of the version');
  const layers = artifact.files.map((file) => ({ file, layer: layerOf(file, artifact.signatureFile) }));
  const config = encodeConfig(artifact);
  const manifest = encodeManifest({
    config: describe(configType, config),
    layers: layers.map(({ layer }) => layer),
    annotations: artifact.annotations,
  });
  if (manifest.byteLength > documentBytesMax)
    throw tooMuch(`the manifest of the artifact: want at most ${documentBytesMax} bytes, got ${manifest.byteLength}`);
  const written = new Set<string>();
  for (const { file, layer } of layers) {
    if (written.has(layer.digest)) continue;
    written.add(layer.digest);
    await target.putBlob(layer, (start) => file.open(start));
  }
  await target.putBlob(describe(configType, config), (start) => bytesFrom(config, start));
  const described = describe(manifestType, manifest);
  await target.putManifest(described, manifest);
  return described;
}

const layerOf = ({ path, sizeBytes, sha256 }: ArtifactFile, signatureFile: string): Descriptor => ({
  mediaType: layerTypeOf(path, signatureFile),
  digest: `sha256:${sha256}`,
  size: sizeBytes,
  annotations: { [pathAnnotation]: path, [titleAnnotation]: path },
});

async function* bytesFrom(bytes: Uint8Array, start: number): AsyncGenerator<Uint8Array> {
  if (start < bytes.byteLength) yield bytes.subarray(start);
}

function encodeConfig({ name, version, format, createdAtMs, files }: Artifact): Buffer {
  return Buffer.from(
    JSON.stringify({
      descriptor: { createdAt: new Date(createdAtMs).toISOString(), name, version },
      config: { format },
      modelfs: { type: 'layers', diffIds: files.map(({ sha256 }) => `sha256:${sha256}`) },
    }),
  );
}
