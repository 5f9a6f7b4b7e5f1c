/** Where the gateways of a mesh count its limits together. */
import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { type SharedBackend, sharedBackends } from '@sheaf/limiter';
import type { PoliciesSpec } from '@sheaf/policies';
import type { SecretPlace } from '../mesh.ts';

/** What the environment says of it: which backend, and where its URL is; or what is wrong with that. The URL itself is told to nobody: it may hold a password. */
export type SharedFinding =
  | { readonly backend: SharedBackend; readonly place: SecretPlace; readonly problem?: never }
  | { readonly place?: never; readonly variable: string; readonly problem: string };

const backends: readonly SharedBackend[] = Object.values(sharedBackends);
const fileVariable = ({ variable }: SharedBackend): string => `${variable}_FILE`;

/** The variables that hold the URL of a backend, and those that name a file with it. */
export const countingVariables = {
  urls: backends.map(({ variable }): string => variable),
  files: backends.map(fileVariable),
} as const;

/** Undefined where no variable of a backend is set, such as `REDIS_URL` or `REDIS_URL_FILE`. */
export function findShared(env: NodeJS.ProcessEnv): SharedFinding | undefined {
  const named = backends.filter((backend) => env[backend.variable] || env[fileVariable(backend)]);
  const [backend, other] = named;
  if (!backend) return undefined;
  const { variable } = backend;
  if (other) return { variable: other.variable, problem: `want it or ${variable}, got both` };
  const [url, file] = [env[variable], env[fileVariable(backend)]];
  const expected = `want ${backend.expected}, got something else`;
  if (url && file) return { variable: fileVariable(backend), problem: `want it or ${variable}, got both` };
  if (url) return backend.isUrl(url) ? { backend, place: { env: variable } } : { variable, problem: expected };
  if (!file) return undefined;
  const problem = fileProblem(file, backend, expected);
  return problem === undefined ? { backend, place: { file } } : { variable: fileVariable(backend), problem };
}

function fileProblem(file: string, { isUrl }: SharedBackend, expected: string): string | undefined {
  // Each process has a folder of its own that it works in.
  if (!isAbsolute(file)) return 'want an absolute path';
  try {
    return isUrl(readFileSync(file, 'utf8').trim()) ? undefined : `the file has to hold a URL: ${expected}`;
  } catch {
    return 'there is no file that can be read';
  }
}

/** What is wrong when so many gateways count these limits, each for itself or together. */
export function countingProblem(
  replicas: number,
  { limits, limiter }: PoliciesSpec,
  isShared: boolean,
): string | undefined {
  if (replicas === 1 || limiter.share || isShared || !limits.some(isCounted)) return undefined;
  const expected = `want ${countingVariables.urls.join(' or ')}, or limiter: { share: true }, so that each gateway counts its part`;
  return `${replicas} gateways would each allow the whole of every limit; ${expected}`;
}

/** Quotas are counted in the state that all gateways of a machine share. */
const isCounted = ({ allows }: PoliciesSpec['limits'][number]): boolean => allows.kind !== 'quota';
