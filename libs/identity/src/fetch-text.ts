import type { Clock } from '@sheaf/inference';

export const fetchTimeoutMs = 5_000;
/** Some hundred keys. */
export const fetchBytesMax = 256 * 1024;

/** The body behind a URL, whole and in time or not at all. Redirects are refused: they could lead to another host, or out of https. */
export async function fetchText(url: string, fetch: typeof globalThis.fetch, clock: Clock): Promise<string> {
  const controller = new AbortController();
  const cancelTimeout = clock.after(fetchTimeoutMs, () =>
    controller.abort(new Error(`no answer within ${fetchTimeoutMs} ms`)),
  );
  try {
    const response = await fetch(url, {
      redirect: 'error',
      signal: controller.signal,
      headers: { accept: 'application/json, application/jwk-set+json' },
    });
    if (response.status !== 200 || response.body === null) throw new Error(`want status 200, got ${response.status}`);
    return await readText(response.body);
  } finally {
    cancelTimeout();
    // Frees the connection when the body was not read to its end; nothing after it.
    controller.abort();
  }
}

async function readText(body: ReadableStream<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > fetchBytesMax) throw new Error(`want at most ${fetchBytesMax} bytes`);
    chunks.push(chunk);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
}
