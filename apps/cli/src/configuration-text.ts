/** What is in force, for people: tables of what there is. Everything else stands in the JSON. */
import { table } from './print.ts';

/** The parts of a gateway's configuration that are shown. */
export interface Configuration {
  readonly epoch: number;
  readonly gateway: { readonly host: string; readonly port: number; readonly tls: object | null };
  readonly limits: Readonly<Record<string, number>>;
  readonly services: readonly {
    readonly name: string;
    readonly models: readonly string[];
    readonly transforms: readonly string[];
    readonly ready: boolean;
    readonly endpoints: readonly { readonly target: string; readonly ready: boolean }[];
  }[];
  readonly pipelines: readonly { readonly name: string; readonly version: string; readonly ready: boolean }[];
  readonly policies: {
    readonly hash: string;
    readonly limits: readonly { readonly name: string; readonly per: readonly string[]; readonly allows: object }[];
    readonly routes: readonly { readonly name: string; readonly split: readonly Share[] }[];
  } | null;
}

interface Share {
  readonly to: { readonly model: string; readonly version: string };
  readonly weight: number;
}

export function configurationText({ epoch, gateway, limits, services, pipelines, policies }: Configuration): string {
  const { host, port, tls } = gateway;
  const parts = [
    `epoch ${epoch}, ${tls ? 'gRPC over TLS' : 'gRPC'} on ${host}:${port}`,
    section(
      ['service', 'holds', 'endpoints', 'state'],
      services.map(({ name, models, transforms, endpoints, ready }) => [
        name,
        [...models, ...transforms].join(', '),
        endpoints.map((endpoint) => `${endpoint.target}${endpoint.ready ? '' : ' (not ready)'}`).join(', '),
        stateOf(ready),
      ]),
    ),
    section(
      ['pipeline', 'version', 'state'],
      pipelines.map(({ name, version, ready }) => [name, version, stateOf(ready)]),
    ),
    policies ? `policies ${policies.hash}` : 'no policies: whoever reaches the door may call',
    section(
      ['limit', 'per', 'allows'],
      (policies?.limits ?? []).map(({ name, per, allows }) => [name, per.join(', ') || 'everybody', pairsOf(allows)]),
    ),
    section(
      ['route', 'to'],
      (policies?.routes ?? []).map(({ name, split }) => [
        name,
        split.map(({ to: { model, version }, weight }) => `${model}${version && `/${version}`} (${weight})`).join(', '),
      ]),
    ),
    section(
      ['limit of the door', 'value'],
      Object.entries(limits).map(([name, value]) => [name, String(value)]),
    ),
  ];
  return parts.filter(Boolean).join('\n\n');
}

const section = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  rows.length > 0 ? table([head, ...rows]) : '';

const stateOf = (ready: boolean): string => (ready ? 'ready' : 'not ready');

const pairsOf = (allows: object): string =>
  Object.entries(allows)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
