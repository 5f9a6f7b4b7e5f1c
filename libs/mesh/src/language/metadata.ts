/** Keys and values of metadata that somebody else's server is sent. */
import { checked, mapOf, mapped, type Reader, scalar, text } from '@sheaf/document';

const keyPattern = /^[a-z0-9_.-]{1,64}$/;
const valuePattern = /^[\x20-\x7e]{0,1024}$/;
export const entriesMax = 32;
/** What the gateway or gRPC itself says to a server, and no caller does. */
const ownedPattern =
  /^(grpc-|:|x-mesh-|x-gateway-|sheaf-)|^(te|host|user-agent|content-type|content-length|connection|traceparent|tracestate)$/;
const binaryPattern = /-bin$/;
/** Keys that hold what lets somebody in. */
const credentials: readonly string[] = ['authorization', 'proxy-authorization', 'cookie', 'x-api-key'];

function keyProblem(key: string): string | undefined {
  if (key === 'traceparent') return '"traceparent" goes with each call by itself, of the span that asks';
  if (key === 'tracestate') return '"tracestate" goes with each call by itself, as its caller gave it';
  if (ownedPattern.test(key)) return `"${key}" is what the gateway or gRPC itself says`;
  return binaryPattern.test(key) ? `"${key}" is binary; want a key of text` : undefined;
}

export const metadataKey: Reader<string> = checked(
  text('a key of metadata in lower case, such as x-tenant', keyPattern),
  (key, path, problems) => {
    const problem = keyProblem(key);
    if (problem !== undefined) problems.add(path, problem);
  },
  { not: { anyOf: [{ pattern: ownedPattern.source }, { pattern: binaryPattern.source }] } },
);

const openKey: Reader<string> = checked(
  metadataKey,
  (key, path, problems) => {
    if (credentials.includes(key))
      problems.add(path, 'a secret does not belong into mesh.yaml; want it as `token`, from the environment or a file');
  },
  { not: { enum: credentials } },
);

const plain = scalar(
  'a text of printable ASCII, at most 1024 characters',
  (value): value is string => typeof value === 'string' && valuePattern.test(value),
  { type: 'string', pattern: valuePattern.source },
);

/** No message quotes it: it may be a secret all the same. */
const unquoted: Reader<string> = {
  ...plain,
  read: (value, path, problems) =>
    typeof value === 'string' && valuePattern.test(value) ? value : problems.add(path, `want ${plain.expected}`),
};

/** What is the same in every call, by key. */
export const metadata: Reader<Readonly<Record<string, string>>> = mapped(
  mapOf(unquoted, { min: 0, max: entriesMax, noun: 'text', key: openKey, keepsOthers: true }),
  (entries) => Object.fromEntries(entries),
);
