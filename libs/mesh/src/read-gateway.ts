/** `gateway` of mesh.yaml: the public door, but for its TLS. */
import { addressProblem } from '@sheaf/inference';
import { type Field, host, integer, readFields, text, variables } from './fields.ts';
import type { Gateway } from './mesh.ts';
import type { MeshProblem } from './problem.ts';
import type { YamlFile } from './yaml-file.ts';

const dayMs = 24 * 3_600_000;

export const gatewayDefault = {
  host: '127.0.0.1',
  port: 8001,
  replicas: 1,
  noticeMs: 1_000,
  connectionAgeMaxMs: 3_600_000,
};

/** Addresses and CIDR ranges. What trusts everybody is a slip of the pen. */
const networks: Field<readonly string[]> = (value, wrong) =>
  Array.isArray(value) && value.every(isNetwork)
    ? (value as string[])
    : wrong('a list of addresses and CIDR ranges, such as [10.0.0.0/8, "2001:db8::1"]');

const isNetwork = (value: unknown): boolean =>
  typeof value === 'string' && addressProblem(value) === undefined && !value.endsWith('/0');

const proxyProtocol: Field<NonNullable<Gateway['proxyProtocol']> | null> = (value, wrong) => {
  if (value === 'v1' || value === 'v2') return value;
  if (value === true) return 'any';
  return value === false ? null : wrong('true, false, v1 or v2');
};

const gatewayFields = {
  host,
  port: integer(0, 65_535),
  replicas: integer(1, 16),
  noticeMs: integer(0, 60_000),
  connectionsMax: integer(16, 1_000_000),
  connectionAgeMaxMs: integer(0, 30 * dayMs),
  trustedProxies: networks,
  forwardedHeader: text('x-forwarded-for or forwarded', /^(x-forwarded-for|forwarded)$/),
  proxyProtocol,
  env: variables,
  tls: (value: unknown) => value,
};

/** `tls` comes as it stands there. */
export function readGateway(
  yaml: YamlFile,
  value: unknown,
  problems: MeshProblem[],
): Omit<Gateway, 'tls'> & { readonly tls?: unknown } {
  const read = readFields(yaml, ['gateway'], value, gatewayFields, problems);
  const { proxyProtocol: protocol, forwardedHeader, trustedProxies = [], ...door } = { ...gatewayDefault, ...read };
  for (const key of ['proxyProtocol', 'forwardedHeader'] as const)
    if (read[key] && trustedProxies.length === 0)
      problems.push(yaml.place(['gateway', key], 'want trustedProxies as well: nobody else is believed'));
  return {
    ...door,
    trustedProxies,
    ...(protocol && { proxyProtocol: protocol }),
    ...(forwardedHeader && { forwardedHeader: forwardedHeader as NonNullable<Gateway['forwardedHeader']> }),
  };
}
