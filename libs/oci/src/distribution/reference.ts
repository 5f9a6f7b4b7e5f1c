/** Where an artifact is in a registry. */
import { isDigest } from '../descriptor.ts';
import { shown } from '../file-paths.ts';
import { invalid } from '../refuse.ts';

export interface Reference {
  /** With the port, where there is one. */
  readonly host: string;
  readonly repository: string;
  /** A tag, or `sha256:` and 64 hex digits. */
  readonly tag: string;
}

const scheme = 'oci://';
/** A name, an IPv4 address or an IPv6 address in brackets, and a port. */
const host =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:.]+\])(?::[0-9]{1,5})?$/;
const repository = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagForm = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const nameMax = 255;

export const isReference = (text: string): boolean => text.startsWith(scheme);

/** Reads `oci://host[:port]/repository[:tag]` or `...@sha256:...`; the tag is `latest` where none is said. Throws INVALID_ARGUMENT. */
export function parseReference(text: string): Reference {
  const form = 'want oci://host[:port]/repository:tag or ...@sha256:<64 hex digits>';
  const [, hostPart = '', rest = ''] = /^oci:\/\/([^/]*)\/(.*)$/.exec(text) ?? [];
  const at = rest.indexOf('@');
  const colon = rest.indexOf(':');
  const cut = at >= 0 ? at : colon >= 0 ? colon : rest.length;
  const name = rest.slice(0, cut);
  const tag = rest.slice(cut + 1) || 'latest';
  const isTag = at >= 0 ? isDigest(tag) : tagForm.test(tag);
  if (!host.test(hostPart) || name.length > nameMax || !repository.test(name) || !isTag || rest.endsWith(':'))
    throw invalid(`${form}, got ${shown(text)}`);
  return { host: hostPart, repository: name, tag };
}

export const formatReference = ({ host, repository, tag }: Reference): string =>
  `${scheme}${host}/${repository}${isDigest(tag) ? '@' : ':'}${tag}`;
