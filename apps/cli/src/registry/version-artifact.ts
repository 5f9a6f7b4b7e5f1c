/** A version of the registry as an artifact, and what an artifact says of itself. */
import { hash } from 'node:crypto';
import type { Artifact } from '@sheaf/oci';
import { signatureFile } from '@sheaf/signing';
import type { ManifestMessage, VersionMessage } from '@sheaf/transport';
import { UsageError } from '../command.ts';
import type { EntryKind, RegistryPlace } from './action.ts';

/** Where the manifest of an artifact keeps what files do not say, so that a version that comes back is the same one. */
const manifestAnnotation = 'sheaf.registry.v1.manifest';

type Said = Partial<Omit<ManifestMessage, 'files'>>;

export async function artifactOf({ calls, kind }: RegistryPlace, found: VersionMessage): Promise<Artifact> {
  const { name, version, manifest, signatures, createdAtMs } = found;
  const { files = [], ...said } = manifest ?? {};
  const own = files.map(({ path, sizeBytes, sha256 }) => ({
    ...{ path, sizeBytes, sha256 },
    open: (start: number) => bytesOf(calls, { kind, name, version: String(version), path, offset: start }),
  }));
  const signature = signatures.at(-1);
  return {
    name,
    version: String(version),
    format: kind === 'model' ? 'onnx' : 'sheaf-pipeline',
    createdAtMs,
    signatureFile,
    files: [...own, ...(signature === undefined ? [] : [inMemory(signatureFile, signature)])],
    annotations: { [manifestAnnotation]: JSON.stringify({ kind, ...said }) },
  };
}

async function* bytesOf(
  { download }: RegistryPlace['calls'],
  request: Parameters<RegistryPlace['calls']['download']>[0],
): AsyncGenerator<Uint8Array> {
  for await (const { data } of download(request)) yield data;
}

function inMemory(path: string, text: string): Artifact['files'][number] {
  const bytes = Buffer.from(text);
  return {
    path,
    sizeBytes: bytes.byteLength,
    sha256: hash('sha256', bytes),
    async *open(start) {
      if (start < bytes.byteLength) yield bytes.subarray(start);
    },
  };
}

/** What an artifact says that was made of a version; nothing of one that others have made. Whether it is right is for the registry to find out. */
export function saidIn(annotations: Readonly<Record<string, string>>, kind: EntryKind): Said {
  const text = annotations[manifestAnnotation];
  if (text === undefined) return {};
  const { kind: its, files: _, ...said } = parse(text);
  if (its !== kind) throw new UsageError(`want a ${kind}, got a ${JSON.stringify(String(its).slice(0, 20))}`);
  return said as Said;
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw new UsageError(`the artifact's ${manifestAnnotation}: want an object in JSON`);
}
