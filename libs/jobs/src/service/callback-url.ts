/** Whether a URL may be told of the end of a job: those that whoever runs the mesh has allowed, and no others. */
import { isIP } from 'node:net';
import { InferError, isPublicAddress } from '@sheaf/inference';
import { invalid, quoted } from '../refusals.ts';

export interface CallbackRules {
  /** `*.example.com` is every name below it. */
  readonly hosts: readonly string[];
  /** Whether addresses that are not public are fine, and plain http. */
  readonly isPrivate: boolean;
}

const urlCharsMax = 2_048;

/** Throws INVALID_ARGUMENT for what is no URL of HTTP, PERMISSION_DENIED for one that nobody has allowed. What its name leads to is looked at when it is told. */
export function checkCallback(url: string, rules: CallbackRules | undefined): void {
  const parsed = url.length <= urlCharsMax ? URL.parse(url) : null;
  if (!parsed || !['https:', 'http:'].includes(parsed.protocol))
    throw invalid('callback_url', `want an address of https, got ${quoted(url)}`);
  if (parsed.username || parsed.password) throw invalid('callback_url', 'want one without a user and a password in it');
  const host = hostOf(parsed);
  if (!rules || !isAllowedHost(rules, parsed))
    throw denied(`jobs.callbacks.hosts in mesh.yaml does not have ${quoted(host)}`);
  if (rules.isPrivate) return;
  if (parsed.protocol !== 'https:') throw denied('want https, since jobs.callbacks.private in mesh.yaml is false');
  if (isIP(host) !== 0 && !isPublicAddress(host))
    throw denied('its address is not public, and jobs.callbacks.private in mesh.yaml is false');
}

/** An IPv6 address without its brackets. */
const hostOf = ({ hostname }: Pick<URL, 'hostname'>): string => hostname.replace(/^\[|\]$/g, '');

/** Asked when a job is submitted, and again when its end is told: the rules may be others by then. */
export const isAllowedHost = ({ hosts }: Pick<CallbackRules, 'hosts'>, url: Pick<URL, 'hostname'>): boolean => {
  const name = hostOf(url).toLowerCase();
  return hosts.some((host) =>
    host.startsWith('*.') ? name.endsWith(host.slice(1).toLowerCase()) : name === host.toLowerCase(),
  );
};

const denied = (why: string): InferError =>
  InferError.withoutStack('PERMISSION_DENIED', `callback_url: ${why}`, { reason: 'CALLBACK_REFUSED' });
