/** The server that Prometheus scrapes: `GET /metrics` over HTTP/1.1, and nothing else. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { InferError, isLoopback } from '@sheaf/inference';

export interface MetricsServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** All of a scrape, in parts. */
  readonly scrape: (openmetrics: boolean) => Promise<Iterable<Uint8Array>>;
  /** Told of each scrape that is refused since others are under way. */
  readonly onRefused: () => void;
}

export interface MetricsServer {
  readonly port: number;
  close(): void;
}

/** Connections at once, and scrapes: Prometheus needs one of each, and two of them may watch. */
const connectionsMax = 32;
const scrapesMax = 4;
/** The head of a request may take so long, and a reader that takes nothing of its answer is left after so long. Milliseconds. */
const requestMaxMs = 5_000;
const silentMaxMs = 10_000;
/** All of an answer, however steadily it is read. */
const answerMaxMs = 60_000;

const types = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  plain: 'text/plain; version=0.0.4; charset=utf-8',
} as const;

/** Throws FAILED_PRECONDITION where the port cannot be had. */
export async function openMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const { host, port } = options;
  // Loaded when it is needed: with it comes all of fetch, a sixth of what a process has to load.
  const { createServer } = await import('node:http');
  const answer = createAnswer(options);
  const server = createServer({ requestTimeout: requestMaxMs, headersTimeout: requestMaxMs }, answer);
  server.maxConnections = connectionsMax;
  server.setTimeout(silentMaxMs, (socket) => socket.destroy());
  // Prometheus comes every minute at most, by default.
  server.keepAliveTimeout = 75_000;
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new InferError('FAILED_PRECONDITION', `metrics cannot be served on ${host}:${port}: ${reasonOf(cause)}`, {
          reason: 'PORT_UNAVAILABLE',
          cause,
        }),
      ),
    );
    // A gateway that ends does not wait for it.
    server.listen(port, host, () => resolve(opened(server))).unref();
  });
}

function opened(server: Server): MetricsServer {
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const reasonOf = ({ code }: NodeJS.ErrnoException): string =>
  code === 'EADDRINUSE' ? 'somebody else has the port' : String(code);

function createAnswer({ host, scrape, onRefused }: MetricsServerOptions) {
  let scrapes = 0;
  const isLocal = isLoopback(host);
  const tell = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const isOpen = wantsOpenMetrics(request.headers.accept);
    const parts = await scrape(isOpen);
    const late = setTimeout(() => response.destroy(), answerMaxMs);
    try {
      response.writeHead(200, { 'content-type': isOpen ? types.openmetrics : types.plain, vary: 'accept' });
      for (const part of parts) {
        if (response.destroyed) return;
        if (!response.write(part)) await drained(response);
      }
      response.end();
    } finally {
      clearTimeout(late);
    }
  };
  return (request: IncomingMessage, response: ServerResponse): void => {
    const refused =
      (isLocal ? hostRefusalOf(request) : undefined) ??
      refusalOf(request) ??
      (scrapes >= scrapesMax ? busy : undefined);
    if (refused) {
      if (refused === busy) onRefused();
      response.writeHead(refused.status, { 'content-type': 'text/plain; charset=utf-8', ...refused.headers });
      response.end(`${refused.text}\n`);
      return;
    }
    if (request.method === 'HEAD') {
      response.writeHead(200, { 'content-type': types.plain }).end();
      return;
    }
    scrapes++;
    void tell(request, response)
      .catch(() => response.destroy())
      .finally(() => {
        scrapes--;
      });
  };
}

interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const busy: Refusal = { status: 503, text: 'other scrapes are under way', headers: { 'retry-after': '1' } };
const wrongPath: Refusal = { status: 404, text: 'want /metrics' };
const wrongHost: Refusal = { status: 421, text: 'want localhost or an address as the host' };
const wrongMethod: Refusal = { status: 405, text: 'want GET', headers: { allow: 'GET, HEAD' } };

function refusalOf({ url = '', method }: IncomingMessage): Refusal | undefined {
  if (!/^\/metrics(?:\?|$)/.test(url)) return wrongPath;
  return method === 'GET' || method === 'HEAD' ? undefined : wrongMethod;
}

/** Of a door that only this machine reaches: a page in a browser on it may reach it by a name of the page's own, which leads here, and would read what is told. */
function hostRefusalOf({ headers: { host } }: IncomingMessage): Refusal | undefined {
  if (host === undefined) return undefined;
  const name = host.replace(/:\d*$/, '');
  return isLoopback(name) || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0 ? undefined : wrongHost;
}

/** Resolves when more may be written, or nobody reads any more. */
const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const go = (): void => {
      response.off('drain', go).off('close', go);
      resolve();
    };
    response.on('drain', go).on('close', go);
  });

/** Whether OpenMetrics is asked for at least as much as plain text, as Prometheus does. */
export function wantsOpenMetrics(accept = ''): boolean {
  const weights = { open: 0, plain: 0 };
  for (const part of accept.split(',')) {
    const [type = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const weight = Number(parameters.find((text) => text.startsWith('q='))?.slice(2) ?? 1);
    if (type === 'application/openmetrics-text') weights.open = Math.max(weights.open, weight);
    if (type === 'text/plain') weights.plain = Math.max(weights.plain, weight);
  }
  return weights.open > 0 && weights.open >= weights.plain;
}
