/** A manifest as a message, and back. */
import type { ManifestMessage } from '@sheaf/transport';
import type { EntryKind, Manifest, ManifestFile } from '../manifest.ts';
import { parseManifest } from '../parse-manifest.ts';
import { invalid } from '../refusals.ts';

export const manifestMessage = (manifest: Manifest): ManifestMessage => ({
  files: manifest.files.map((file) => ({ ...file })),
  labels: { ...manifest.labels },
  parent: manifest.parent ?? '',
  producer: manifest.producer ?? '',
  trainingWindow: manifest.trainingWindow ?? null,
  featureView: manifest.featureView ?? '',
  metrics: { ...manifest.metrics },
  pins: manifest.pins.map(({ name, digest = '', alias = '' }) => ({ name, digest, alias })),
  signatureJson: manifest.signature ? JSON.stringify(manifest.signature) : '',
  batchingJson: manifest.batching ? JSON.stringify(manifest.batching) : '',
});

/** What a caller brings; throws INVALID_ARGUMENT, with the field, where it is no manifest. */
export function manifestOf(kind: EntryKind, message: ManifestMessage, files: readonly ManifestFile[]): Manifest {
  const { labels, parent, producer, trainingWindow, featureView, metrics, pins, signatureJson, batchingJson } = message;
  return parseManifest({
    schema: 1,
    kind,
    files: files.map(({ path, sizeBytes, sha256 }) => ({ path, sizeBytes, sha256 })),
    labels,
    metrics,
    pins: pins.map(({ name, digest, alias }) => ({ name, ...(digest && { digest }), ...(alias && { alias }) })),
    ...(parent && { parent }),
    ...(producer && { producer }),
    ...(trainingWindow && { trainingWindow: { fromMs: trainingWindow.fromMs, toMs: trainingWindow.toMs } }),
    ...(featureView && { featureView }),
    ...(signatureJson && { signature: parsed('signature_json', signatureJson) }),
    ...(batchingJson && { batching: parsed('batching_json', batchingJson) }),
  });
}

function parsed(field: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(field, 'want a JSON object, got what is no JSON');
  }
}
