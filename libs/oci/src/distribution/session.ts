/** Asks a registry as somebody: what it wants for that it says itself. */
import type { IncomingMessage } from 'node:http';
import { fieldsIn, parseJson } from '../descriptor.ts';
import { forbidden, refuse } from '../refuse.ts';
import { readBody, refusalOf, release } from './answers.ts';
import { type ConnectionOptions, type Connections, createConnections, type Exchange } from './connections.ts';
import { basic, type Credentials } from './credentials.ts';
import type { Patience } from './retry.ts';

const redirectsMax = 5;
const tokenBytesMax = 64 * 1024;

export interface SessionOptions extends ConnectionOptions, Patience {
  readonly credentials?: Credentials | undefined;
}

export interface Question extends Omit<Exchange, 'url'> {
  /** From `/v2/`, or what the registry has told. */
  readonly to: string | URL;
  /** The states that are no refusal. */
  readonly wanted: readonly number[];
  /** What is asked for, in a sentence. */
  readonly what: string;
}

export interface Session extends Patience {
  readonly host: string;
  /** Where what is asked begins. */
  readonly base: URL;
  /** One try, with a second one where the registry wants to know who asks. Who does not read the body of the answer has to let it go by `release`. */
  ask(question: Question): Promise<IncomingMessage>;
  close(): void;
}

export function createSession(options: SessionOptions): Session {
  const { host, credentials, pause, random } = options;
  const { base, send, close } = createConnections(options);
  let authorization: string | undefined;
  const isOurs = (url: URL) => url.origin === base.origin;

  const follow = async (exchange: Exchange): Promise<IncomingMessage> => {
    let { url } = exchange;
    for (let redirects = 0; redirects <= redirectsMax; redirects++) {
      // Whoever a registry leads to is not told who we are for the registry.
      const mine = isOurs(url) && authorization !== undefined ? { authorization } : {};
      const response = await send({ ...exchange, url, headers: { ...exchange.headers, ...mine } });
      const to = locationOf(response, url);
      if (!to) return response;
      release(response);
      if (exchange.method !== 'GET' && exchange.method !== 'HEAD')
        throw forbidden(`${url.host} leads elsewhere for what it is to be given`);
      url = to;
    }
    throw refuse(`${host} leads from one place to another more than ${redirectsMax} times`);
  };

  /** Undefined where it wants nothing that we have. */
  const answerTo = async (response: IncomingMessage): Promise<string | undefined> => {
    const header = response.headers['www-authenticate'] ?? '';
    if (/\bBearer\s/i.test(header)) return `Bearer ${await tokenFor(parametersIn(header), options, send)}`;
    return credentials && /\bBasic\b/i.test(header) ? basic(credentials) : undefined;
  };

  return {
    host,
    base,
    pause,
    random,
    close,
    async ask({ to, wanted, what, ...exchange }) {
      const url = new URL(to, base);
      let response = await follow({ ...exchange, url });
      const answer = response.statusCode === 401 && isOurs(url) ? await answerTo(response) : undefined;
      if (answer !== undefined) {
        release(response);
        authorization = answer;
        response = await follow({ ...exchange, url });
      }
      if (wanted.includes(response.statusCode ?? 0)) return response;
      throw await refusalOf(response, host, what);
    },
  };
}

/** From where the registry says. */
async function tokenFor(
  { realm = '', service, scope }: Readonly<Record<string, string>>,
  { host, credentials }: SessionOptions,
  send: Connections['send'],
): Promise<string> {
  const url = URL.parse(realm);
  if (!url) throw refuse(`${host} does not say where its tokens are to be had`);
  if (service) url.searchParams.set('service', service);
  if (scope) url.searchParams.set('scope', scope);
  const headers = credentials ? { authorization: basic(credentials) } : {};
  const response = await send({ method: 'GET', url, headers });
  if (response.statusCode !== 200) throw await refusalOf(response, url.host, `a token for ${host}`);
  const body = await readBody(response, url.host, tokenBytesMax);
  const { token, access_token: other } = fieldsIn(parseJson(body, `the token of ${url.host}`), 'token');
  const given = token ?? other;
  if (typeof given !== 'string' || !/^[\x21-\x7e]+$/.test(given)) throw refuse(`${url.host} gives no token`);
  return given;
}

function locationOf({ statusCode = 0, headers }: IncomingMessage, from: URL): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) return undefined;
  const to = URL.parse(headers.location, from);
  if (!to) throw refuse(`${from.host} leads to something that is no address`);
  return to;
}

/** As in `Bearer realm="https://...",service="...",scope="..."`. */
function parametersIn(header: string): Readonly<Record<string, string>> {
  const [, own = ''] = /\bBearer\s+(.*)/is.exec(header) ?? [];
  const pairs = own.matchAll(/([a-z_]+)="([^"]*)"/gi);
  return Object.fromEntries([...pairs].map(([, key = '', value = '']) => [key.toLowerCase(), value]));
}
