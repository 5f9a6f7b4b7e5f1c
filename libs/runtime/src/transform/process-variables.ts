/** What processes that run models and code that somebody brought get of the environment of whoever starts them. */
import { resolve } from 'node:path';
import type { TransformPlace } from './transform-rights.ts';

type Environment = Readonly<NodeJS.ProcessEnv>;

/** Variables that name proxies, in small and capital letters. */
export const proxyVariables = ['grpc', 'http', 'https', 'all', 'no_grpc', 'no'].flatMap((kind) => [
  `${kind}_proxy`,
  `${kind}_proxy`.toUpperCase(),
]);

/** Of the system, of Node and of native libraries. Nothing here lets anybody in anywhere. */
const names = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'LANG', 'LANGUAGE', 'TZ', 'TMP', 'TEMP', 'HOSTNAME'],
  ...['NO_COLOR', 'FORCE_COLOR', 'COLORTERM', 'SHEAF_KEPT_TRACES'],
  ...['NODE_OPTIONS', 'NODE_ENV', 'NODE_PATH', 'NODE_DEBUG', 'NODE_NO_WARNINGS', 'NODE_DISABLE_COMPILE_CACHE'],
  ...['NODE_USE_ENV_PROXY', 'NODE_USE_SYSTEM_CA', 'NODE_TLS_REJECT_UNAUTHORIZED', 'UV_THREADPOOL_SIZE'],
  ...['LD_PRELOAD', 'LD_LIBRARY_PATH', 'DYLD_INSERT_LIBRARIES', 'DYLD_LIBRARY_PATH'],
  // Windows starts nothing without some of these.
  ...['SYSTEMROOT', 'SYSTEMDRIVE', 'WINDIR', 'COMSPEC', 'PATHEXT', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA'],
  ...['PROGRAMDATA', 'NUMBER_OF_PROCESSORS', 'PROCESSOR_ARCHITECTURE'],
  ...proxyVariables,
]);
/** Files and folders: a process that works elsewhere is to find them too. */
const files =
  /^(TMPDIR|NODE_(EXTRA_CA_CERTS|COMPILE_CACHE|V8_COVERAGE|ICU_DATA)|SSL_CERT_(FILE|DIR)|OPENSSL_CONF|GRPC_DEFAULT_SSL_ROOTS_FILE_PATH|OTEL_EXPORTER_OTLP_(HEADERS_FILE|(TRACES_)?(CERTIFICATE|CLIENT_(KEY|CERTIFICATE))))$/;
const families = /^(LC|OTEL|ORT|OMP|KMP|MKL|GRPC|CUDA|NVIDIA|MALLOC)_/;

/** Of the families: what lets somebody in is called so. */
const secretName = /(^|_)(KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)$/i;

/** Headers of a collector, and URLs with a user or a password; those of OpenTelemetry also with a query, which may hold a key. */
export const letsIn = (name: string, value: string): boolean =>
  /^OTEL_.*HEADERS$/.test(name) ||
  /:\/\/[^/\s]*@/.test(value) ||
  (/^OTEL_.*ENDPOINT$/.test(name) && value.includes('?'));

const isPassed = (name: string): boolean => {
  const known = process.platform === 'win32' ? name.toUpperCase() : name;
  return names.has(known) || files.test(known) || (families.test(known) && !secretName.test(known));
};

/** The variables that are wanted. */
export const selectVariables = (
  env: Environment,
  wanted: (name: string, value: string) => boolean,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]): [string, string][] =>
      value !== undefined && wanted(name, value) ? [[name, value]] : [],
    ),
  );

/** What every process of a mesh may have of an environment. Files are named by absolute paths. */
export const passedVariables = (env: Environment): Record<string, string> =>
  Object.fromEntries(
    Object.entries(selectVariables(env, (name, value) => isPassed(name) && !letsIn(name, value))).map(
      ([name, value]) => [name, files.test(name) && value !== '' ? resolve(value) : value],
    ),
  );

/** They are for our own processes: options of the operator may read files that a transform may not, and packages are where `readablePaths` looks. */
const ourOwn = new Set(['NODE_OPTIONS', 'NODE_PATH']);

/** What a transform sees of the environment of whoever runs or reads it: never what names a secret of the mesh, unless its service is to have it. */
export const transformVariables = (
  { env: named, withheldEnv }: Pick<TransformPlace, 'env' | 'withheldEnv'>,
  env: Environment = process.env,
): Record<string, string> => ({
  ...selectVariables(passedVariables(env), (name) => !ourOwn.has(name) && !withheldEnv.includes(name)),
  ...selectVariables(env, (name) => named.includes(name) && name !== 'NODE_OPTIONS'),
});
