/** Where the gateways of a mesh count its limits together. */
import type { PoliciesSpec } from '@sheaf/policies';

/** What is wrong with a REDIS_URL. The URL itself is told to nobody: it may hold a password. */
export function redisUrlProblem(url: string): string | undefined {
  return isRedisUrl(url) ? undefined : 'want redis://... or rediss://..., got something else';
}

function isRedisUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname, username, password } = new URL(text);
  return (
    (protocol === 'redis:' || protocol === 'rediss:') &&
    hostname !== '' &&
    // The number of a database.
    /^(\/\d*)?$/.test(pathname) &&
    [username, password].every((part) => /^([^%]|%[\da-f]{2})*$/i.test(part))
  );
}

/** What is wrong when so many gateways count these limits, with or without a Redis. */
export function countingProblem(
  replicas: number,
  { limits, limiter }: PoliciesSpec,
  redisUrl: string | undefined,
): string | undefined {
  if (replicas === 1 || limiter.share || redisUrl || !limits.some(isCounted)) return undefined;
  const wish = 'want REDIS_URL, or limiter: { share: true }, so that each gateway counts its part';
  return `${replicas} gateways would each allow the whole of every limit; ${wish}`;
}

/** Quotas are counted in the state that all gateways of a machine share. */
const isCounted = ({ allows }: PoliciesSpec['limits'][number]): boolean => allows.kind !== 'quota';
