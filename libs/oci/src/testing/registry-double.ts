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

export async function startRegistry(): Promise<RegistryDouble> {
  const seen: Seen[] = [];
  const blobs = new Map<string, Buffer>();
  const manifests: RegistryDouble['manifests'] = new Map();
  const uploads = new Map<string, Buffer>();

  const upload = async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<number> => {
    if (request.method === 'POST') {
      const id = randomUUID();
      uploads.set(id, Buffer.alloc(0));
      response.writeHead(202, { location: `${url.pathname}${id}?state=a%2Fb` }).end();
      return 0;
    }
    const id = url.pathname.split('/').at(-1) ?? '';
    const before = uploads.get(id);
    if (!before) {
      response.writeHead(404).end();
      return 0;
    }
    const cut = request.method === 'PATCH' ? double.cutUploadAfter : undefined;
    const { socket } = request;
    const body = await bodyOf(request, cut);
    const [start] = (request.headers['content-range'] ?? String(before.byteLength)).split('-');
    if (Number(start) !== before.byteLength) {
      response.writeHead(416).end();
      return 0;
    }
    const all = Buffer.concat([before, body]);
    uploads.set(id, all);
    if (cut !== undefined) {
      double.cutUploadAfter = undefined;
      socket.destroy();
      return body.byteLength;
    }
    const range = `0-${Math.max(0, all.byteLength - 1)}`;
    const location = `${url.pathname}?state=a%2Fb`;
    if (request.method !== 'PUT') response.writeHead(request.method === 'GET' ? 204 : 202, { location, range }).end();
    else if (digestOf(all) !== url.searchParams.get('digest')) response.writeHead(400).end();
    else {
      blobs.set(digestOf(all), all);
      response.writeHead(201).end();
    }
    return body.byteLength;
  };

  const manifest = async (request: IncomingMessage, response: ServerResponse, name: string): Promise<number> => {
    if (request.method === 'PUT') {
      const bytes = await bodyOf(request);
      const entry = { type: request.headers['content-type'] ?? '', bytes };
      for (const key of [name, digestOf(bytes)]) manifests.set(key, entry);
      response.writeHead(201, { 'docker-content-digest': digestOf(bytes) }).end();
      return bytes.byteLength;
    }
    const found = manifests.get(name);
    if (found) response.writeHead(200, { 'content-type': found.type, 'docker-content-digest': digestOf(found.bytes) });
    else response.writeHead(404);
    response.end(found?.bytes ?? '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"not here\\u001b[31m"}]}');
    return 0;
  };

  const blob = (request: IncomingMessage, response: ServerResponse, digest: string): number => {
    const found = blobs.get(digest);
    const [, first] = /^bytes=(\d+)-/.exec(request.headers.range ?? '') ?? [];
    const bytes = found?.subarray(Number(first ?? 0));
    response.writeHead(found ? (first === undefined ? 200 : 206) : 404, { 'content-length': bytes?.byteLength ?? 0 });
    response.end(request.method === 'HEAD' ? undefined : bytes);
    return 0;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url: path = '', headers } = request;
    const url = new URL(path, 'http://double');
    const about = { method, path, headers };
    if (double.fault?.(about, response)) {
      seen.push({ ...about, bytes: 0 });
      request.resume();
      return;
    }
    const name = url.pathname.split('/').at(-1) ?? '';
    const bytes = url.pathname.includes('/blobs/uploads/')
      ? await upload(request, response, url)
      : url.pathname.includes('/manifests/')
        ? await manifest(request, response, name)
        : blob(request, response, name);
    seen.push({ ...about, bytes });
  };

  const server = http.createServer((request, response) => {
    // A client that is gone is what some tests are about.
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const double: RegistryDouble = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    blobs,
    manifests,
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
