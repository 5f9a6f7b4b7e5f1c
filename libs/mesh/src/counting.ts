/** Where the gateways of a mesh count its limits together. */
import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { PoliciesSpec } from '@sheaf/policies';
import type { SecretPlace } from './mesh.ts';

/** What the environment says of Redis: where its URL is, or what is wrong with that. The URL itself is told to nobody: it may hold a password. */
export type RedisFinding =
  | { readonly place: SecretPlace; readonly problem?: never }
  | { readonly place?: never; readonly variable: string; readonly problem: string };

/** Undefined where there is neither `REDIS_URL` nor `REDIS_URL_FILE`. */
export function findRedis({ REDIS_URL: url, REDIS_URL_FILE: file }: NodeJS.ProcessEnv): RedisFinding | undefined {
  const expected = 'want redis://... or rediss://..., got something else';
  if (url && file) return { variable: 'REDIS_URL_FILE', problem: 'want it or REDIS_URL, got both' };
  if (url) return isRedisUrl(url) ? { place: { env: 'REDIS_URL' } } : { variable: 'REDIS_URL', problem: expected };
  if (!file) return undefined;
  const problem = fileProblem(file, expected);
  return problem === undefined ? { place: { file } } : { variable: 'REDIS_URL_FILE', problem };
}

function fileProblem(file: string, expected: string): string | undefined {
  // Each process has a folder of its own that it works in.
  if (!isAbsolute(file)) return 'want an absolute path';
  try {
    return isRedisUrl(readFileSync(file, 'utf8').trim()) ? undefined : `the file has to hold a URL: ${expected}`;
  } catch {
    return 'there is no file that can be read';
  }
}

export function isRedisUrl(text: string): boolean {
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
  hasRedis: boolean,
): string | undefined {
  if (replicas === 1 || limiter.share || hasRedis || !limits.some(isCounted)) return undefined;
  const expected = 'want REDIS_URL, or limiter: { share: true }, so that each gateway counts its part';
  return `${replicas} gateways would each allow the whole of every limit; ${expected}`;
}

/** Quotas are counted in the state that all gateways of a machine share. */
const isCounted = ({ allows }: PoliciesSpec['limits'][number]): boolean => allows.kind !== 'quota';
