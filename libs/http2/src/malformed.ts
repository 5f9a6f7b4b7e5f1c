/** Finds header lists that are malformed (RFC 9113, 8.2 and 8.3). Their streams are reset, and no handler is told of them. */
import type { DecodedHeaderList, Verdict } from './hpack/header-list.ts';
import type { Field, HeaderList } from './types.ts';

/** A token (RFC 9110, 5.6.2) without upper case. */
const namePattern = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** Control characters but the tab, or white space around it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const wrongValuePattern = /[\0-\x08\n-\x1f\x7f]|^[ \t]|[ \t]$/;
const lengthPattern = /^[0-9]{1,15}$/;

/** Names that mean something to one connection of HTTP/1 only (8.2.2). */
const connectionNames: ReadonlySet<string> = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);

const requestNames: ReadonlySet<string> = new Set([':method', ':scheme', ':authority', ':path']);
const responseNames: ReadonlySet<string> = new Set([':status']);
const noNames: ReadonlySet<string> = new Set();

const sound: Verdict = { fault: undefined, bodyBytes: -1 };

/** A connection has requests or responses, never both. */
export const checkRequest = (list: DecodedHeaderList): Verdict => {
  list.verdict ??= verdictOf(list, requestNames, requestFault);
  return list.verdict;
};

export const checkResponse = (list: DecodedHeaderList): Verdict => {
  list.verdict ??= verdictOf(list, responseNames, responseFault);
  return list.verdict;
};

/** Trailers have no pseudo-header fields. */
export const trailersFault = (list: HeaderList): string | undefined => fieldsFault(list.fields, noNames);

type PseudoFault = (list: HeaderList) => string | undefined;

function verdictOf(list: HeaderList, pseudoNames: ReadonlySet<string>, pseudoFault: PseudoFault): Verdict {
  const fault = fieldsFault(list.fields, pseudoNames) ?? pseudoFault(list);
  if (fault !== undefined) return { fault, bodyBytes: -1 };
  const lengths = list.fields.filter(([name]) => name === 'content-length');
  if (lengths.length === 0) return sound;
  const [, first = ''] = lengths[0] ?? [];
  if (!lengthPattern.test(first) || lengths.some(([, value]) => value !== first))
    return { fault: 'content-length is no number of bytes', bodyBytes: -1 };
  return { fault: undefined, bodyBytes: Number(first) };
}

function fieldsFault(fields: readonly Field[], pseudoNames: ReadonlySet<string>): string | undefined {
  let seen = '';
  let isPastPseudo = false;
  for (const [name, value] of fields) {
    if (wrongValuePattern.test(value)) return 'a value with characters that HTTP does not allow';
    if (name.charCodeAt(0) === 0x3a) {
      if (isPastPseudo) return 'a pseudo-header field after an ordinary one';
      if (!pseudoNames.has(name)) return 'a pseudo-header field that does not belong here';
      if (seen.includes(`${name} `)) return `${name} twice`;
      seen += `${name} `;
      continue;
    }
    isPastPseudo = true;
    if (!namePattern.test(name)) return 'a name with characters that HTTP/2 does not allow';
    if (connectionNames.has(name)) return `${name}, which belongs to a connection`;
    if (name === 'te' && value.toLowerCase() !== 'trailers') return 'te: want trailers';
  }
  return undefined;
}

function requestFault(list: HeaderList): string | undefined {
  const method = list.get(':method');
  if (!method || !/^[!#$%&'*+\-.^_`|~0-9a-zA-Z]+$/.test(method)) return ':method is missing, or no token';
  const scheme = list.get(':scheme');
  const path = list.get(':path');
  if (method === 'CONNECT') {
    if (scheme !== undefined || path !== undefined) return 'CONNECT with :scheme or :path';
    return list.get(':authority') ? undefined : 'CONNECT without :authority';
  }
  if (!scheme) return ':scheme is missing';
  if (!list.get(':authority') && !list.get('host')) return ':authority is missing, and host too';
  return path?.startsWith('/') || path === '*' ? undefined : ':path is missing, or does not begin with a slash';
}

function responseFault(list: HeaderList): string | undefined {
  const status = list.get(':status');
  return status !== undefined && /^[1-9][0-9]{2}$/.test(status) ? undefined : ':status is missing, or no number';
}
