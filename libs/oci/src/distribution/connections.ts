/** Requests to a registry and to where it leads, by HTTP/1.1: only to hosts that are allowed, and with nothing followed by itself. */
import { lookup as systemLookup } from 'node:dns';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { InferError, isLoopback, isPublicAddress } from '@sheaf/inference';
import { forbidden, refuse, unavailable } from '../refuse.ts';

/** A connection that neither side says anything on for so long is given up. A registry may take its time to hash what it was given. */
const idleMs = 120_000;

export interface ConnectionOptions {
  /** Of the registry, with the port where there is one. It may have any address: somebody has typed its name. */
  readonly host: string;
  /** HTTP without TLS, to the registry alone. Default: to a registry on this machine. */
  readonly plainHttp?: boolean | undefined;
  /** Other hosts, with their ports where they have one, that the registry may lead to whatever their addresses are, such as a store of blobs in one's own network. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Its HTTPS_PROXY and NO_PROXY count. Default: none. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Finds the addresses of a name. Default: the system's way. */
  readonly lookup?: LookupFunction | undefined;
}

export interface Exchange {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of which the size is known, since not every registry takes a body without. */
  readonly body?: { readonly bytes: number; open(): AsyncIterable<Uint8Array> } | undefined;
}

export interface Connections {
  /** Where requests to the registry begin. */
  readonly base: URL;
  /** The answer's head; who does not read its body has to let it go. Throws PERMISSION_DENIED for a host that is not allowed, before anything is sent. */
  send(exchange: Exchange): Promise<IncomingMessage>;
  close(): void;
}

export function createConnections(options: ConnectionOptions): Connections {
  const { host, env = {}, signal, allowedHosts = [], lookup = systemLookup as LookupFunction } = options;
  const isPlain = options.plainHttp ?? isLoopback(new URL(`http://${host}`).hostname);
  const base = new URL(`${isPlain ? 'http' : 'https'}://${host}/v2/`);
  const isNamed = (url: URL) => url.host === base.host || allowedHosts.some((one) => one === url.host);
  const agentOptions = { keepAlive: true, maxSockets: 4, ...(isLoopback(base.hostname) ? {} : { proxyEnv: env }) };
  const agents = { 'http:': new http.Agent(agentOptions), 'https:': new https.Agent(agentOptions) };

  const check = (url: URL): void => {
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isPlain && isNamed(url)))
      throw forbidden(`${host} leads to ${url.protocol}//${url.host}, want https`);
    if (url.username !== '' || url.password !== '')
      throw forbidden(`${host} leads to an address with a password in it`);
    const address = url.hostname.replace(/^\[(.*)\]$/, '$1');
    if (!isNamed(url) && (isLoopback(address) || (isIP(address) !== 0 && !isPublicAddress(address))))
      throw notAllowed(host, url.host);
  };

  return {
    base,
    async send({ method, url, headers, body }) {
      check(url);
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      const request = (url.protocol === 'https:' ? https : http).request(url, {
        method,
        agent: agents[url.protocol as keyof typeof agents],
        headers: { ...headers, ...(body && { 'content-length': String(body.bytes) }) },
        lookup: isNamed(url) ? lookup : onlyPublic(url, host, lookup),
        timeout: idleMs,
        ...(signal && { signal }),
      });
      request.on('response', resolve);
      request.on('timeout', () => request.destroy(unavailable(`${url.host} has said nothing for ${idleMs / 1000} s`)));
      request.on('error', (error) => reject(inWords(error, url)));
      // What fails in the body ends the request, which then tells of it. An answer that comes before the body has been sent is heard all the same.
      if (body) pipeline(Readable.from(body.open(), { objectMode: false }), request, () => {});
      else request.end();
      return promise;
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

const notAllowed = (host: string, other: string): InferError =>
  forbidden(`${host} leads to ${other}, which has no public address; --allow-host ${other} lets it`);

/** Connects to the very addresses that were looked at: a name may have others a moment later. */
function onlyPublic(url: URL, host: string, lookup: LookupFunction): LookupFunction {
  return (name, options, callback) => {
    // A proxy has been named by whoever runs this, and finds the address itself.
    if (name !== url.hostname) return lookup(name, options, callback);
    lookup(name, { ...options, all: true }, (error, answer) => {
      const found = Array.isArray(answer) ? answer : [];
      const [first] = found;
      if (error || !first) return callback(error ?? Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), '');
      if (!found.every(({ address }) => isPublicAddress(address))) return callback(notAllowed(host, url.host), '');
      if (options.all) return callback(null, found);
      callback(null, first.address, first.family);
    });
  };
}

/** What went wrong on the way, without what is only of use to whoever wrote this. */
export function inWords(error: NodeJS.ErrnoException, { host }: Pick<URL, 'host'>): Error {
  const { code = '', name, cause } = error;
  if (error instanceof InferError || name === 'AbortError') return error;
  if (cause instanceof InferError) return cause;
  if (/CERT|SIGNATURE|SELF_SIGNED|ALTNAME|ISSUER/.test(code))
    return refuse(`the certificate of ${host} is not good (${code})`, error);
  if (/^EPROTO$|^ERR_SSL/.test(code)) return refuse(`${host} does not speak TLS as it should (${code})`, error);
  return unavailable(`${host} cannot be reached (${code || 'the connection was lost'})`, error);
}
