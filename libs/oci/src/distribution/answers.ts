/** What registries answer, read within limits. */
import type { IncomingMessage } from 'node:http';
import { InferError, type InferErrorCode } from '@sheaf/inference';
import { shown } from '../file-paths.ts';
import { tooMuch } from '../refuse.ts';
import { inWords } from './connections.ts';

const errorBytesMax = 64 * 1024;

/** A small body as a whole. */
export async function readBody(response: IncomingMessage, host: string, bytesMax: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of bodyOf(response, host)) {
    bytes += piece.byteLength;
    if (bytes > bytesMax) throw tooMuch(`the answer of ${host}: want at most ${bytesMax} bytes, got more`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** A body as it comes; a connection that is lost on the way is told as one that cannot be had. */
export async function* bodyOf(response: IncomingMessage, host: string): AsyncGenerator<Uint8Array> {
  try {
    yield* response as AsyncIterable<Buffer>;
  } catch (error) {
    throw inWords(error as NodeJS.ErrnoException, { host });
  } finally {
    response.destroy();
  }
}

/** Lets an answer go whose body nobody wants: the connection is kept where there is hardly any. */
export function release(response: IncomingMessage): void {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = response.headers;
  const isSmall = encoding === undefined && Number(length) <= errorBytesMax;
  if (isSmall || isOfHead(response)) response.resume();
  else response.destroy();
}

/** It has no body, whatever length it tells. */
const isOfHead = (response: IncomingMessage): boolean =>
  (response as { readonly req?: { readonly method: string } }).req?.method === 'HEAD';

const codes: Readonly<Record<number, InferErrorCode>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  408: 'UNAVAILABLE',
  413: 'RESOURCE_EXHAUSTED',
  429: 'UNAVAILABLE',
};

/** What a refusal means; `what` is what was asked, such as `the manifest`. */
export async function refusalOf(response: IncomingMessage, host: string, what: string): Promise<InferError> {
  const { statusCode = 0, headers } = response;
  const said = await readBody(response, host, errorBytesMax)
    .then(saidIn)
    // Whatever it is, it is no error that the standard knows.
    .catch(() => '');
  const code = codes[statusCode] ?? (statusCode >= 500 ? 'UNAVAILABLE' : 'FAILED_PRECONDITION');
  const waitS = Number(headers['retry-after']);
  return new InferError(code, `${host} answers ${statusCode}${said} for ${what}`, {
    ...(code === 'UNAVAILABLE' && waitS > 0 && { retryAfterMs: waitS * 1000 }),
  });
}

/** Of the errors that the standard has registries list, the first. */
function saidIn(body: Buffer): string {
  const { errors } = JSON.parse(body.toString()) as { errors?: readonly { code?: unknown; message?: unknown }[] };
  const { code, message } = errors?.[0] ?? {};
  if (typeof code !== 'string' || !/^[A-Z_]{1,64}$/.test(code)) return '';
  return ` ${code}${typeof message === 'string' && message !== '' ? ` (${shown(message)})` : ''}`;
}
