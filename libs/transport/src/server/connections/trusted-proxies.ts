/** Proxies that a server believes about whom they speak for. */
import { isIPv4, isIPv6 } from 'node:net';
import type { HeaderList } from '@sheaf/http2';
import { plainAddress } from './caller-address.ts';

/** Which header they name callers in. Never both: a proxy that writes one hands on what a caller wrote into the other. */
export type ForwardedHeader = 'x-forwarded-for' | 'forwarded';

/** Proxies in a row; nobody has more, and each costs a look at the networks. */
const hopsMax = 16;

/**
 * Reads whom a call comes from out of what trusted proxies wrote: the last address that is none of theirs, or the first of all where all are. Each proxy
 * adds at the end whom it was asked by, so what stands before an address that is not trusted may be made up. Undefined where there is no such header, or
 * something in it that is no address: then the caller is who is connected.
 */
export function readForwarded(
  header: ForwardedHeader,
  isTrusted: (address: string) => boolean,
): (headers: Pick<HeaderList, 'get'>) => string | undefined {
  const read = header === 'forwarded' ? forOf : nodeAddress;
  return (headers) => {
    // By commas alone: a quote that a caller left open must not swallow what the proxy wrote after it.
    const hops = (headers.get(header) ?? '').split(',').slice(-hopsMax).reverse();
    let address: string | undefined;
    for (const hop of hops) {
      address = read(hop.trim());
      if (address === undefined || !isTrusted(address)) return address;
    }
    return address;
  };
}

const forPattern = /^for=(?:"([^"\\]*)"|([^"\\]*))$/i;

/** One element of `Forwarded` (RFC 7239), such as `for="[2001:db8::1]:4711";proto=https`. */
function forOf(element: string): string | undefined {
  const found = element.split(';').flatMap((pair) => forPattern.exec(pair.trim()) ?? []);
  // The match and its two groups; twice is once too often.
  return found.length === 3 ? nodeAddress(found[1] ?? found[2] ?? '') : undefined;
}

/** An address, perhaps with a port; an IPv6 one with a port stands in brackets. */
function nodeAddress(text: string): string | undefined {
  const [, inBrackets] = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text) ?? [];
  if (inBrackets !== undefined) return isIPv6(inBrackets) ? plainAddress(inBrackets) : undefined;
  if (isIPv6(text)) return plainAddress(text);
  const address = text.replace(/:\d{1,5}$/, '');
  return isIPv4(address) ? address : undefined;
}
