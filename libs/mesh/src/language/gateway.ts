/** `gateway` of mesh.yaml: the server that callers reach. */
import {
  checked,
  choice,
  integer,
  list,
  mapped,
  mayBeEmpty,
  optional,
  type Reader,
  record,
  scalar,
  type ValueOf,
  withDefault,
} from '@sheaf/document';
import { dayMs, host, network, variables } from './common.ts';
import { checkMetricsPort, metrics } from './metrics.ts';
import { serverTls } from './tls.ts';

type ProxyProtocol = 'any' | 'v1' | 'v2';

const proxyProtocol: Reader<ProxyProtocol | false> = mapped(
  scalar(
    'true, false, v1 or v2',
    (value): value is boolean | 'v1' | 'v2' => typeof value === 'boolean' || value === 'v1' || value === 'v2',
    { enum: [true, false, 'v1', 'v2'] },
  ),
  (written) => (written === true ? 'any' : written),
);

export const gatewayFields = {
  host: withDefault(host, '127.0.0.1', 'The address that it listens on; an IPv6 address may stand in brackets.'),
  port: withDefault(
    integer(0, 65_535),
    8_001,
    'The port of the first gateway; each further one has the next. 0 takes a free one.',
  ),
  replicas: withDefault(integer(1, 16), 1, 'Processes of it; callers have the addresses of all.'),
  noticeMs: withDefault(
    integer(0, 60_000),
    1_000,
    'For so many milliseconds a gateway that was told to end still answers after its health has said NOT_SERVING.',
  ),
  connectionsMax: optional(
    integer(16, 1_000_000),
    'Connections that each gateway process has open, half of them from one address. Default 4096.',
  ),
  connectionAgeMaxMs: withDefault(
    integer(0, 30 * dayMs),
    3_600_000,
    'For so many milliseconds, give or take a tenth, a connection gets new calls; 0 is for ever.',
  ),
  trustedProxies: withDefault(
    list(network, 'a list of addresses and CIDR ranges, such as [10.0.0.0/8, "2001:db8::1"]', 1_024),
    [],
    'Proxies in front of the gateway, which are believed about whom a call is of.',
  ),
  forwardedHeader: optional(
    choice(['x-forwarded-for', 'forwarded']),
    'Where trusted proxies say whom a call is of. Default x-forwarded-for.',
  ),
  proxyProtocol: optional(
    proxyProtocol,
    'Whether every connection begins with a header of the PROXY protocol: `true` is for both versions. Default false.',
  ),
  env: optional(variables, 'Variables of the environment that gateways get beside those that all processes get.'),
  metrics: optional(
    metrics,
    'Where Prometheus finds the metrics of the mesh, at `/metrics`; `false` is nowhere. Default: on this machine, on the port after those of the gateways.',
  ),
  tls: optional(serverTls, 'The certificate that callers see. Default: plain text.'),
};

const someProxies = { required: ['trustedProxies'], properties: { trustedProxies: { minItems: 1 } } };
const believed = ['proxyProtocol', 'forwardedHeader'] as const;

export const gateway = mayBeEmpty(
  checked(
    record(gatewayFields),
    (read, path, problems) => {
      const portMax = 65_536 - read.replicas;
      if (read.port > portMax)
        problems.add(
          [...path, 'port'],
          `want at most ${portMax} where there are ${read.replicas} replicas, each with the next port; got ${read.port}`,
        );
      for (const key of believed)
        if (read[key] && read.trustedProxies.length === 0)
          problems.add([...path, key], 'want trustedProxies as well: nobody else is believed');
      checkMetricsPort(read, path, problems);
    },
    {
      dependentSchemas: {
        forwardedHeader: someProxies,
        proxyProtocol: { anyOf: [{ properties: { proxyProtocol: { const: false } } }, someProxies] },
      },
    },
  ),
);

export type GatewayGiven = ValueOf<typeof gateway>;
