/** One request to a webhook: to the very address that was looked at, and nowhere else. */
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { createAddressSet } from '@sheaf/inference';

export interface Posting {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether an address that is not public is fine. */
  readonly isPrivate: boolean;
}

export interface PostPorts {
  /** All addresses of a name. Default: those of the system. */
  readonly resolve?: (host: string) => Promise<readonly LookupAddress[]>;
  /** Default 10,000, in milliseconds. */
  readonly timeoutMs?: number;
}

/** This machine, networks behind it, what names services of clouds, and what belongs to nobody. */
const isPrivateAddress = createAddressSet([
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4', '::/96', '::ffff:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64'],
  ...['2001::/23', '2001:db8::/32', '2002::/16', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
]);

const resolveBySystem = (host: string): Promise<readonly LookupAddress[]> => lookup(host, { all: true });

/** Resolves when it was taken (2xx); throws an Error with a sentence otherwise. A redirect is not followed. */
export async function postWebhook(
  { url, headers, body, isPrivate }: Posting,
  { resolve = resolveBySystem, timeoutMs = 10_000 }: PostPorts = {},
): Promise<void> {
  const { protocol, hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const family = isIP(host);
  const addresses = family === 0 ? await resolve(host) : [{ address: host, family }];
  const [first] = addresses;
  if (!first) throw new Error('its name has no address');
  // All of them: one that is fine must not stand for one that is not.
  const hidden = isPrivate ? undefined : addresses.find(({ address }) => isPrivateAddress(address));
  if (hidden) throw new Error('its name leads to an address that is not public, which it may only where that is said');
  // A name that leads elsewhere by now is not asked again.
  const pinned: LookupFunction = (_host, options, done) =>
    options.all ? done(null, [first]) : done(null, first.address, first.family);
  const { promise, resolve: taken, reject } = Promise.withResolvers<void>();
  // Loaded when it is needed: with it comes all of fetch, a sixth of what a process has to load.
  const { request } = await (protocol === 'https:' ? import('node:https') : import('node:http'));
  const asked = request(
    url,
    {
      method: 'POST',
      lookup: pinned,
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
      headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    },
    (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) taken();
      else reject(new Error(`it answered with status ${status}`));
    },
  );
  asked.on('error', (error: NodeJS.ErrnoException) =>
    reject(new Error(`it cannot be reached (${error.code ?? error.name})`)),
  );
  asked.end(body);
  await promise;
}
