import { readFile } from 'node:fs/promises';
import type { get, IncomingMessage, RequestOptions } from 'node:http';
import { type Clock, isLoopback } from '@sheaf/inference';

export const fetchTimeoutMs = 5_000;
/** Some hundred keys. */
export const fetchBytesMax = 256 * 1024;

/** What is fetched, and whom to trust for it. */
export interface Remote {
  readonly url: string;
  /** A file in PEM, absolute: who vouches for the server, instead of the authorities that everybody trusts. */
  readonly ca?: string | undefined;
}

export interface FetchPorts {
  readonly clock: Clock;
  /** Its HTTPS_PROXY and NO_PROXY count. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * The body behind a URL, whole and in time or not at all. Redirects are refused: they could lead to another host, or out of https. By node:https and not
 * by fetch, which knows neither an authority of its own nor, unless the whole process was started so, a proxy.
 */
export async function fetchText({ url, ca }: Remote, { clock, env }: FetchPorts): Promise<string> {
  const controller = new AbortController();
  const { signal } = controller;
  const cancelTimeout = clock.after(fetchTimeoutMs, () =>
    controller.abort(new Error(`no answer within ${fetchTimeoutMs} ms`)),
  );
  try {
    const { protocol, hostname } = new URL(url);
    // Read each time: an authority that is renewed counts from the next fetch on.
    const trusted = ca === undefined ? {} : { ca: await readFile(ca) };
    const agentOptions = { ...trusted, ...(isLoopback(hostname) ? {} : { proxyEnv: env }) };
    // Loaded when it is needed: with it comes all of fetch, a sixth of what a process has to load.
    const { Agent, get } = await (protocol === 'https:' ? import('node:https') : import('node:http'));
    return await readText(await answerOf(get, url, { agent: new Agent(agentOptions), signal }));
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    cancelTimeout();
    // Frees the connection when the body was not read to its end; nothing after it.
    controller.abort();
  }
}

const headers = { accept: 'application/json, application/jwk-set+json' };

function answerOf(ask: typeof get, url: string, options: RequestOptions): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  ask(url, { ...options, headers }, resolve).on('error', reject);
  return promise;
}

async function readText(response: IncomingMessage): Promise<string> {
  if (response.statusCode !== 200) throw new Error(`want status 200, got ${response.statusCode}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > fetchBytesMax) throw new Error(`want at most ${fetchBytesMax} bytes`);
    chunks.push(chunk);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
}
