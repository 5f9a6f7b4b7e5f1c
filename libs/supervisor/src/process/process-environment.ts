/** Selects what the processes of a mesh get of the environment of whoever starts it: services run models and code that somebody brought. */
import { countingVariables, type Mesh } from '@sheaf/mesh';
import { letsIn, passedVariables, proxyVariables, selectVariables } from '@sheaf/runtime';
import type { Exporter } from '@sheaf/telemetry';

/** `named` are those of its `env` in mesh.yaml. */
export const serviceEnvironment = (
  named: readonly string[] = [],
  env: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv => ({
  ...passedVariables(env),
  ...selectVariables(env, (name) => named.includes(name)),
});

/** It asks servers through proxies that may want a password, and runs nobody's code. `named` are those of `gateway.env` in mesh.yaml. */
export const gatewayEnvironment = (
  named: readonly string[] = [],
  env: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv => ({
  ...passedVariables(env),
  ...selectVariables(env, (name) => proxyVariables.includes(name) || named.includes(name)),
});

/** Selects the variables that a gateway is told by message: where limits are counted and jobs are kept, secrets and tokens, and those that transforms are read with. */
export function gatewayVariables(
  { services, secret, registry }: Mesh,
  env: NodeJS.ProcessEnv = process.env,
): Readonly<Record<string, string>> {
  const places = [secret, registry?.key, ...services.map(({ sent }) => sent?.token?.place)];
  const wanted = new Set([
    ...countingVariables.urls,
    ...countingVariables.files,
    'DATABASE_URL',
    // Transforms that it reads are not to read that file.
    'SHEAF_API_KEY_FILE',
    ...places.flatMap((place) => (place && 'env' in place ? [place.env] : [])),
    ...services.flatMap(({ env: named = [] }) => named),
  ]);
  return selectVariables(env, (name) => wanted.has(name));
}

/** Selects the variables that a worker is told by message: where the queue is, and what call-backs are signed with. */
export function workerVariables(
  { jobs: { callbacks } }: Pick<Mesh, 'jobs'>,
  env: NodeJS.ProcessEnv = process.env,
): Readonly<Record<string, string>> {
  const place = callbacks?.secret;
  const wanted = ['DATABASE_URL', ...(place && 'env' in place ? [place.env] : [])];
  return selectVariables(env, (name) => wanted.includes(name));
}

/** Selects the variables that every process which exports traces is told by message. */
export const exporterVariables = (env: NodeJS.ProcessEnv = process.env): Exporter =>
  selectVariables(env, (name, value) => name.startsWith('OTEL_') && letsIn(name, value));
