/** Writes an artifact to a registry. */
import type { IncomingMessage } from 'node:http';
import type { ArtifactTarget } from '../artifact.ts';
import type { Descriptor } from '../descriptor.ts';
import { refuse, unavailable } from '../refuse.ts';
import { release } from './answers.ts';
import type { Reference } from './reference.ts';
import { mayPass, pauseMs, triesMax, withRetries } from './retry.ts';
import type { Session } from './session.ts';

/** A larger blob goes in chunks of this size, so that a lost connection costs one of them. */
export const usualChunkBytes = 64 * 2 ** 20;

type Open = (start: number) => AsyncIterable<Uint8Array>;

/** A target that puts blobs where they are not yet, and then the manifest under the tag of a reference. */
export function registryTarget(
  session: Session,
  { repository, tag }: Reference,
  chunkBytes: number = usualChunkBytes,
): ArtifactTarget {
  // Some registries take no chunks, which each is asked once.
  let takesChunks = true;
  return {
    async putBlob(blob, open) {
      if (await has(session, repository, blob)) return;
      await withRetries(session, async () => {
        if (takesChunks && blob.size > chunkBytes)
          takesChunks = await putChunks(session, repository, { blob, open, chunkBytes });
        if (!takesChunks || blob.size <= chunkBytes) await putWhole(session, repository, blob, open);
      });
    },
    async putManifest({ mediaType, digest }, bytes) {
      await withRetries(session, async () => {
        const to = `${repository}/manifests/${tag}`;
        const body = { bytes: bytes.byteLength, open: () => only(bytes) };
        const headers = { 'content-type': mediaType };
        const response = await session.ask({ method: 'PUT', to, headers, body, wanted: [201], what: 'the manifest' });
        const { 'docker-content-digest': got } = response.headers;
        release(response);
        if (got !== undefined && got !== digest)
          throw refuse(`${session.host} has taken another manifest than it was given: want ${digest}`);
      });
    },
  };
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function has(session: Session, repository: string, { digest, size }: Descriptor): Promise<boolean> {
  const to = `${repository}/blobs/${digest}`;
  const response = await withRetries(session, () =>
    session.ask({ method: 'HEAD', to, wanted: [200, 404], what: `blob ${digest}` }),
  );
  release(response);
  const length = response.headers['content-length'];
  return response.statusCode === 200 && (length === undefined || Number(length) === size);
}

interface Upload {
  readonly location: URL;
  /** The smallest chunk that it takes. */
  readonly chunkBytesMin: number;
}

async function begin(session: Session, repository: string): Promise<Upload> {
  const to = `${repository}/blobs/uploads/`;
  const body = { bytes: 0, open: async function* () {} };
  const response = await session.ask({ method: 'POST', to, body, wanted: [202], what: 'an upload' });
  release(response);
  const chunkBytesMin = Number(response.headers['oci-chunk-min-length']) || 0;
  return { location: nextOf(response, session), chunkBytesMin };
}

function nextOf({ headers }: IncomingMessage, { host, base }: Session): URL {
  const location = headers.location === undefined ? null : URL.parse(headers.location, base);
  if (!location) throw refuse(`${host} does not say where an upload goes on`);
  return location;
}

async function putWhole(session: Session, repository: string, blob: Descriptor, open: Open): Promise<void> {
  const { location } = await begin(session, repository);
  await finish(session, location, blob, { bytes: blob.size, open: () => open(0) });
}

/** The registry compares the digest. */
async function finish(
  session: Session,
  location: URL,
  { digest }: Descriptor,
  body: { readonly bytes: number; open(): AsyncIterable<Uint8Array> },
): Promise<void> {
  // What the location says beside is not to be written anew: some of it is signed.
  const to = new URL(`${location.href}${location.search ? '&' : '?'}digest=${digest}`);
  const headers = { 'content-type': 'application/octet-stream' };
  const what = `blob ${digest}`;
  const response = await session.ask({ method: 'PUT', to, headers, body, wanted: [201], what });
  release(response);
}

interface Chunked {
  readonly blob: Descriptor;
  readonly open: Open;
  readonly chunkBytes: number;
}

/** Whether the registry takes chunks; then the blob is there. */
async function putChunks(session: Session, repository: string, { blob, open, chunkBytes }: Chunked): Promise<boolean> {
  const upload = await begin(session, repository);
  const bytes = Math.max(chunkBytes, upload.chunkBytesMin);
  let { location } = upload;
  let failures = 0;
  for (let at = 0; at < blob.size; ) {
    const end = Math.min(at + bytes, blob.size);
    try {
      const response = await patch(session, location, { start: at, end }, open);
      if (response.statusCode !== 202) return false;
      location = nextOf(response, session);
      at = end;
      failures = 0;
    } catch (error) {
      failures++;
      if (!mayPass(error) || failures >= triesMax) throw error;
      await session.pause(pauseMs(error, failures, session.random));
      ({ location, at } = await resume(session, location));
    }
  }
  await finish(session, location, blob, { bytes: 0, open: async function* () {} });
  return true;
}

/** States of those that know no chunks, or not of this size. */
const noChunks = [400, 404, 405, 411, 415, 416, 501];

async function patch(
  session: Session,
  to: URL,
  { start, end }: { readonly start: number; readonly end: number },
  open: Open,
): Promise<IncomingMessage> {
  const headers = { 'content-type': 'application/octet-stream', 'content-range': `${start}-${end - 1}` };
  const body = { bytes: end - start, open: () => first(open(start), end - start) };
  // Later ones were preceded by one that was taken.
  const wanted = start === 0 ? [202, ...noChunks] : [202];
  const response = await session.ask({ method: 'PATCH', to, headers, body, wanted, what: 'a chunk of a blob' });
  release(response);
  return response;
}

/** Asks how far an upload has come. */
async function resume(session: Session, to: URL): Promise<{ readonly location: URL; readonly at: number }> {
  const response = await session.ask({ method: 'GET', to, wanted: [204, 404, 405], what: 'an upload' });
  release(response);
  const [, last] = /^(?:bytes=)?0-(\d+)$/.exec(response.headers.range ?? '') ?? [];
  // It is begun again from the start.
  if (response.statusCode !== 204 || last === undefined) throw unavailable(`${session.host} has lost an upload`);
  const location = response.headers.location === undefined ? to : nextOf(response, session);
  // Of an upload with nothing in it, too, `0-0` is told.
  return { location, at: last === '0' ? 0 : Number(last) + 1 };
}

async function* first(pieces: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const piece of pieces) {
    const part = piece.subarray(0, left);
    left -= part.byteLength;
    if (part.byteLength > 0) yield part;
    if (left === 0) return;
  }
}
