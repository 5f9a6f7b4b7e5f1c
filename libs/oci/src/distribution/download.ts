/** Reads an artifact from a registry. */
import type { ArtifactSource } from '../artifact.ts';
import { checkDigest, type Descriptor, isDigest } from '../descriptor.ts';
import { parseIndex } from '../image-manifest.ts';
import { documentBytesMax } from '../limits.ts';
import { indexType, manifestType } from '../media-types.ts';
import { refuse } from '../refuse.ts';
import { bodyOf, readBody } from './answers.ts';
import type { Reference } from './reference.ts';
import { mayPass, pauseMs, triesMax, withRetries } from './retry.ts';
import type { Session } from './session.ts';

/** A source whose manifest is the one that a reference names. */
export const registrySource = (session: Session, { repository, tag }: Reference): ArtifactSource => ({
  manifest: () => readManifest(session, repository, tag),
  blob: (descriptor) => readBlob(session, repository, descriptor),
});

async function readManifest(session: Session, repository: string, tag: string): ReturnType<ArtifactSource['manifest']> {
  const { type, bytes, digest } = await withRetries(session, async () => {
    const what = `the manifest ${repository}:${tag}`;
    const to = `${repository}/manifests/${tag}`;
    const accept = `${manifestType}, ${indexType}`;
    const response = await session.ask({ method: 'GET', to, headers: { accept }, wanted: [200], what });
    const { 'content-type': contentType = '', 'docker-content-digest': stated } = response.headers;
    const read = await readBody(response, session.host, documentBytesMax);
    // A tag says nothing of the bytes; what the registry says of them has to be true at least.
    const asked = isDigest(tag) ? tag : isDigest(stated) ? stated : undefined;
    return { type: contentType.split(';', 1)[0]?.trim(), bytes: read, digest: asked };
  });
  if (type !== indexType) return { bytes, digest };
  if (digest !== undefined) checkDigest(digest, bytes);
  const [only, ...others] = parseIndex(bytes).filter(({ mediaType }) => mediaType === manifestType);
  if (!only || others.length > 0)
    throw refuse(
      `${repository}:${tag} is a list of ${others.length + (only ? 1 : 0)} artifacts; want the digest of one`,
    );
  return readManifest(session, repository, only.digest);
}

/** Goes on where it was when the connection is lost. */
async function* readBlob(
  session: Session,
  repository: string,
  { digest, size }: Descriptor,
): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let failures = 0; ; ) {
    try {
      for await (const piece of readFrom(session, `${repository}/blobs/${digest}`, at, size)) {
        at += piece.byteLength;
        failures = 0;
        yield piece;
      }
      // One that ends too soon without an error is told by whoever verifies it.
      return;
    } catch (error) {
      failures++;
      if (!mayPass(error) || failures >= triesMax) throw error;
      await session.pause(pauseMs(error, failures, session.random));
    }
  }
}

async function* readFrom(session: Session, to: string, start: number, size: number): AsyncGenerator<Uint8Array> {
  const headers = start > 0 ? { range: `bytes=${start}-${size - 1}` } : {};
  const response = await session.ask({ method: 'GET', to, headers, wanted: [200, 206], what: `blob ${to}` });
  // A registry that knows no ranges begins at the beginning.
  let toSkip = response.statusCode === 206 ? 0 : start;
  for await (const piece of bodyOf(response, session.host)) {
    const skipped = Math.min(toSkip, piece.byteLength);
    toSkip -= skipped;
    if (skipped < piece.byteLength) yield piece.subarray(skipped);
  }
}
