/** A registry in memory, which a test can have misbehave: the least of the distribution protocol. */
import { hash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  /** Of the body. */
  readonly bytes: number;
}

/** Answers instead of the registry, or does not: then the registry does. */
export type Fault = (seen: Omit<Seen, 'bytes'>, response: ServerResponse) => boolean | undefined;

export interface RegistryDouble extends AsyncDisposable {
  /** With the port. */
  readonly host: string;
  readonly seen: readonly Seen[];
  readonly blobs: Map<string, Buffer>;
  /** By tag and by digest. */
  readonly manifests: Map<string, { readonly type: string; readonly bytes: Buffer }>;
  fault: Fault | undefined;
  /** After so many bytes of a chunk the connection is cut, once, and what has come is kept. */
  cutUploadAfter: number | undefined;
}

async function bodyOf(request: IncomingMessage, bytesMax = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    pieces.push(piece);
    bytes += piece.byteLength;
    if (bytes >= bytesMax) break;
  }
  return Buffer.concat(pieces).subarray(0, bytesMax);
}

const digestOf = (bytes: Uint8Array): string => `sha256:${hash('sha256', bytes)}`;

interface State {
  readonly seen: Seen[];
  readonly blobs: Map<string, Buffer>;
  readonly manifests: RegistryDouble['manifests'];
  readonly uploads: Map<string, Buffer>;
  fault: Fault | undefined;
  cutUploadAfter: number | undefined;
}

/** Answers, and says how many bytes it was given. */
type Handler = (state: State, request: IncomingMessage, response: ServerResponse, url: URL) => Promise<number>;

const answerUpload: Handler = async (state, request, response, url) => {
  if (request.method === 'POST') {
    const id = randomUUID();
    state.uploads.set(id, Buffer.alloc(0));
    response.writeHead(202, { location: `${url.pathname}${id}?state=a%2Fb` }).end();
    return 0;
  }
  const id = nameIn(url);
  const before = state.uploads.get(id);
  const [start] = (request.headers['content-range'] ?? String(before?.byteLength)).split('-');
  if (Number(start) !== before?.byteLength) {
    response.writeHead(before ? 416 : 404).end();
    return 0;
  }
  const cut = request.method === 'PATCH' ? state.cutUploadAfter : undefined;
  const { socket } = request;
  const body = await bodyOf(request, cut);
  const all = Buffer.concat([before, body]);
  state.uploads.set(id, all);
  if (cut !== undefined) {
    state.cutUploadAfter = undefined;
    socket.destroy();
  } else endUpload(state, request, response, url, all);
  return body.byteLength;
};

function endUpload({ blobs }: State, { method }: IncomingMessage, response: ServerResponse, url: URL, all: Buffer) {
  const location = `${url.pathname}?state=a%2Fb`;
  const range = `0-${Math.max(0, all.byteLength - 1)}`;
  if (method !== 'PUT') response.writeHead(method === 'GET' ? 204 : 202, { location, range }).end();
  else if (digestOf(all) !== url.searchParams.get('digest')) response.writeHead(400).end();
  else {
    blobs.set(digestOf(all), all);
    response.writeHead(201).end();
  }
}

const answerManifest: Handler = async ({ manifests }, request, response, url) => {
  if (request.method === 'PUT') {
    const bytes = await bodyOf(request);
    const entry = { type: request.headers['content-type'] ?? '', bytes };
    for (const key of [nameIn(url), digestOf(bytes)]) manifests.set(key, entry);
    response.writeHead(201, { 'docker-content-digest': digestOf(bytes) }).end();
    return bytes.byteLength;
  }
  const found = manifests.get(nameIn(url));
  if (found) response.writeHead(200, { 'content-type': found.type, 'docker-content-digest': digestOf(found.bytes) });
  else response.writeHead(404);
  response.end(found?.bytes ?? '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"not here\\u001b[31m"}]}');
  return 0;
};

const answerBlob: Handler = async ({ blobs }, request, response, url) => {
  const found = blobs.get(nameIn(url));
  const [, first] = /^bytes=(\d+)-/.exec(request.headers.range ?? '') ?? [];
  const bytes = found?.subarray(Number(first ?? 0));
  response.writeHead(found ? (first === undefined ? 200 : 206) : 404, { 'content-length': bytes?.byteLength ?? 0 });
  response.end(request.method === 'HEAD' ? undefined : bytes);
  return 0;
};

const nameIn = ({ pathname }: URL): string => pathname.split('/').at(-1) ?? '';

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url: path = '', headers } = request;
  const about = { method, path, headers };
  if (state.fault?.(about, response)) {
    state.seen.push({ ...about, bytes: 0 });
    request.resume();
    return;
  }
  const isUpload = path.includes('/blobs/uploads/');
  const handler = isUpload ? answerUpload : path.includes('/manifests/') ? answerManifest : answerBlob;
  const bytes = await handler(state, request, response, new URL(path, 'http://double'));
  state.seen.push({ ...about, bytes });
}

export async function startRegistry(): Promise<RegistryDouble> {
  const server = http.createServer((request, response) => {
    // A client that is gone is what some tests are about.
    answer(double, request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const double: State & RegistryDouble = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    blobs: new Map(),
    manifests: new Map(),
    uploads: new Map(),
    fault: undefined,
    cutUploadAfter: undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return double;
}
