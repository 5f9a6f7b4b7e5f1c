/** What the processes of a mesh get of the environment of whoever starts it: services run models and code that somebody brought, and every user of the machine may be that one. */
import { resolve } from 'node:path';
import type { Exporter } from '@sheaf/host';
import type { Mesh } from '@sheaf/mesh';

type Environment = Readonly<NodeJS.ProcessEnv>;

const proxies = ['grpc', 'http', 'https', 'all', 'no_grpc', 'no'].flatMap((kind) => [
  `${kind}_proxy`,
  `${kind}_proxy`.toUpperCase(),
]);

/** Of the system, of Node and of native libraries. Nothing here lets anybody in anywhere. */
const names = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'LANG', 'LANGUAGE', 'TZ', 'TMP', 'TEMP', 'HOSTNAME'],
  ...['NO_COLOR', 'FORCE_COLOR', 'COLORTERM'],
  ...['NODE_OPTIONS', 'NODE_ENV', 'NODE_PATH', 'NODE_DEBUG', 'NODE_NO_WARNINGS', 'NODE_DISABLE_COMPILE_CACHE'],
  ...['NODE_USE_ENV_PROXY', 'NODE_USE_SYSTEM_CA', 'NODE_TLS_REJECT_UNAUTHORIZED', 'UV_THREADPOOL_SIZE'],
  ...['LD_PRELOAD', 'LD_LIBRARY_PATH', 'DYLD_INSERT_LIBRARIES', 'DYLD_LIBRARY_PATH'],
  // Windows starts nothing without some of these.
  ...['SYSTEMROOT', 'SYSTEMDRIVE', 'WINDIR', 'COMSPEC', 'PATHEXT', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA'],
  ...['PROGRAMDATA', 'NUMBER_OF_PROCESSORS', 'PROCESSOR_ARCHITECTURE'],
  ...proxies,
]);
/** Files and folders: a process that works elsewhere is to find them too. */
const files =
  /^(TMPDIR|NODE_(EXTRA_CA_CERTS|COMPILE_CACHE|V8_COVERAGE|ICU_DATA)|SSL_CERT_(FILE|DIR)|OPENSSL_CONF|GRPC_DEFAULT_SSL_ROOTS_FILE_PATH|OTEL_EXPORTER_OTLP_(TRACES_)?(CERTIFICATE|CLIENT_(KEY|CERTIFICATE)))$/;
const families = /^(LC|OTEL|ORT|OMP|KMP|MKL|GRPC|CUDA|NVIDIA|MALLOC)_/;

/** Headers of a collector, and URLs with a user or a password. */
const letsIn = (name: string, value: string): boolean => /^OTEL_.*HEADERS$/.test(name) || /:\/\/[^/\s]*@/.test(value);

const isPassed = (name: string): boolean => {
  const known = process.platform === 'win32' ? name.toUpperCase() : name;
  return names.has(known) || files.test(known) || families.test(known);
};

const select = (env: Environment, wanted: (name: string, value: string) => boolean): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]): [string, string][] =>
      value !== undefined && wanted(name, value) ? [[name, value]] : [],
    ),
  );

const passed = (env: Environment): Record<string, string> =>
  Object.fromEntries(
    Object.entries(select(env, (name, value) => isPassed(name) && !letsIn(name, value))).map(([name, value]) => [
      name,
      files.test(name) && value !== '' ? resolve(value) : value,
    ]),
  );

/** `named` are those of its `env` in mesh.yaml. */
export const serviceEnvironment = (
  named: readonly string[] = [],
  env: Environment = process.env,
): NodeJS.ProcessEnv => ({
  ...passed(env),
  ...select(env, (name) => named.includes(name)),
});

/** It asks servers through proxies that may want a password, and runs nobody's code. */
export const gatewayEnvironment = (env: Environment = process.env): NodeJS.ProcessEnv => ({
  ...passed(env),
  ...select(env, (name) => proxies.includes(name)),
});

/** What a gateway is told by message: where limits are counted, the secrets and tokens that are in the environment, and what transforms want to be read with. */
export function gatewayVariables(
  { services, secret }: Mesh,
  env: Environment = process.env,
): Readonly<Record<string, string>> {
  const places = [secret, ...services.map(({ sent }) => sent?.token?.place)];
  const wanted = new Set([
    'REDIS_URL',
    'REDIS_URL_FILE',
    ...places.flatMap((place) => (place && 'env' in place ? [place.env] : [])),
    ...services.flatMap(({ env: named = [] }) => named),
  ]);
  return select(env, (name) => wanted.has(name));
}

/** What every process that exports traces is told by message. */
export const exporterVariables = (env: Environment = process.env): Exporter =>
  select(env, (name, value) => name.startsWith('OTEL_') && letsIn(name, value));
