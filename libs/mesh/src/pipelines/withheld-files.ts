import { join, resolve, sep } from 'node:path';
import type { Mesh, Service } from '../mesh.ts';
import { countingVariables } from '../policies/counting.ts';
import { readYaml } from '../yaml-file.ts';
import { tokenPlace } from './transform-place.ts';

/** They name files that hold secrets of whoever runs the mesh. */
const fileVariables = [...countingVariables.files, 'OTEL_EXPORTER_OTLP_HEADERS_FILE', 'SHEAF_API_KEY_FILE'];

/**
 * What no transform reads, whether it is there or not, absolute: what mesh.yaml names as private keys, tokens and its secret; `logs`; and of the mesh
 * folder the state of the mesh and the files that the environment names.
 */
export function withheldFiles(
  {
    folder,
    gateway,
    tls,
    secret,
    services,
    registry,
    jobs,
  }: Pick<Mesh, 'folder' | 'services' | 'gateway' | 'tls' | 'secret' | 'registry' | 'jobs'>,
  logs: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): string[] {
  const named = [
    gateway.tls?.key,
    tls?.key,
    ...[secret, registry?.key, jobs.callbacks?.secret].map((place) =>
      place && 'file' in place ? place.file : undefined,
    ),
    registry?.tls?.key,
    ...services.flatMap(secretsOf),
  ].filter((file) => file !== undefined);
  const variables = fileVariables
    .flatMap((name) => env[name] || [])
    .map((file) => resolve(file))
    .filter((file) => file.startsWith(folder + sep));
  return [...new Set([join(folder, '.sheaf'), ...named, ...logs, ...variables])].toSorted();
}

function secretsOf({ tls, sent }: Service): (string | undefined)[] {
  const place = tokenPlace({ sent });
  return [tls?.key, place && 'file' in place ? place.file : undefined];
}

/** The file of the access log, absolute, also of a policies.yaml that has other mistakes: transforms are read before it is. */
export async function accessLogFiles(folder: string): Promise<string[]> {
  const { value } = (await readYaml(join(folder, 'policies.yaml'), 'policies.yaml', [])) ?? {};
  const { accessLog } = (value ?? {}) as { readonly accessLog?: { readonly file?: unknown } | null };
  const file = accessLog?.file;
  return typeof file === 'string' ? [resolve(folder, file)] : [];
}
