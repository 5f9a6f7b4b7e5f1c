/** Artifacts in a registry that speaks the distribution protocol of OCI. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Artifact, PulledArtifact } from '../artifact.ts';
import type { Descriptor } from '../descriptor.ts';
import { isDigest } from '../descriptor.ts';
import { type ArtifactLimits, artifactLimits } from '../limits.ts';
import { writeArtifact } from '../pack.ts';
import { invalid } from '../refuse.ts';
import { readArtifact } from '../unpack.ts';
import type { ConnectionOptions } from './connections.ts';
import type { Credentials } from './credentials.ts';
import { registrySource } from './download.ts';
import { parseReference, type Reference } from './reference.ts';
import { createSession, type Session } from './session.ts';
import { registryTarget } from './upload.ts';

export interface RegistryOptions extends Omit<ConnectionOptions, 'host'> {
  /** Default: nobody in particular. */
  readonly credentials?: Credentials | undefined;
  /** A larger blob is sent in chunks of so many bytes. Default 64 MiB. */
  readonly chunkBytes?: number;
  /** Waits between tries. Default: as long as it says. */
  readonly pause?: (ms: number) => Promise<void>;
}

/**
 * Writes an artifact to `oci://host[:port]/repository:tag`; the descriptor of its manifest. Blobs that are there already are not sent. Throws INVALID_ARGUMENT
 * for a reference that is none or has no tag, and else what the registry means: UNAUTHENTICATED, PERMISSION_DENIED, UNAVAILABLE after five tries, and others.
 */
export function pushArtifact(
  artifact: Artifact,
  reference: string,
  options: RegistryOptions = {},
): Promise<Descriptor> {
  const to = parseReference(reference);
  if (isDigest(to.tag)) throw invalid(`${reference}: want a tag to write to, got a digest`);
  return withSession(to, options, (session) =>
    writeArtifact(artifact, registryTarget(session, to, options.chunkBytes)),
  );
}

/** Reads an artifact of a registry into `folder`, verified, as `readArtifact` does. */
export function pullArtifact(
  reference: string,
  folder: string,
  { limits = artifactLimits, ...options }: RegistryOptions & { readonly limits?: ArtifactLimits } = {},
): Promise<PulledArtifact> {
  const from = parseReference(reference);
  return withSession(from, options, (session) => readArtifact(registrySource(session, from), folder, limits));
}

async function withSession<T>(
  { host }: Reference,
  { pause = (ms) => wait(ms), ...options }: RegistryOptions,
  task: (session: Session) => Promise<T>,
): Promise<T> {
  const session = createSession({ ...options, host, pause, random: Math.random });
  try {
    return await task(session);
  } finally {
    session.close();
  }
}
