/** Tells people what is in force, as tables. Everything else stands in the JSON. */

import { printable, table } from '@sheaf/terminal';
import { hostPort } from '@sheaf/transport';

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
  /** Absent from a gateway that is older than this command. */
  readonly models?: readonly {
    readonly name: string;
    readonly contents?: readonly {
      readonly version: string;
      readonly digest: string;
      readonly properties: Readonly<Record<string, string>>;
    }[];
  }[];
  readonly pipelines: readonly {
    readonly name: string;
    readonly version: string;
    readonly ready: boolean;
    /** Absent from a gateway that is older than this command. */
    readonly digest?: string;
  }[];
  /** Parts of the folder that are not served as they stand there. */
  readonly out: readonly {
    readonly kind: string;
    readonly name: string;
    readonly version: string | null;
    readonly why: string;
    readonly keeps: boolean;
  }[];
  readonly policies: {
    readonly hash: string;
    readonly identity: Identity;
    readonly open: readonly string[];
    readonly limits: readonly Limit[];
    readonly routes: readonly { readonly name: string; readonly split: readonly Share[] }[];
  } | null;
}

interface Limit {
  readonly name: string;
  readonly per: readonly string[];
  readonly tenants: readonly string[];
  readonly models: readonly string[];
  readonly cost: string | null;
  readonly allows:
    | { readonly kind: 'rate'; readonly perSecond: number; readonly burst: number }
    | { readonly kind: 'concurrent'; readonly max: number }
    | { readonly kind: 'quota'; readonly max: number; readonly window: string };
}

interface Identity {
  readonly keys: boolean;
  /** Absent: they count as long as they say. */
  readonly keyDaysMax?: number;
  readonly jwt: readonly ({ readonly issuer: string; readonly audience: string } & Given<Told>)[];
  readonly certificates: readonly ({ readonly subject: string } & Given<string | readonly string[]>)[];
  readonly anonymous?: Given<string | readonly string[]>;
}

/** A credential gives this. */
interface Given<Value> {
  readonly tenant: Value;
  readonly roles: Value;
  readonly models: Value;
  readonly priority: string;
}

/** The token says it, or its issuer always gives it. */
type Told = { readonly claim: string } | { readonly fixed: string | readonly string[] };

interface Share {
  readonly to: { readonly model: string; readonly version: string };
  readonly weight: number;
}

export function configurationText(configuration: Configuration): string {
  const { epoch, gateway, limits, policies } = configuration;
  const { host, port, tls } = gateway;
  const parts = [
    `epoch ${epoch}, ${tls ? 'gRPC over TLS' : 'gRPC'} on ${hostPort(host, port)}`,
    ...servedParts(configuration),
    ...(policies ? policyParts(policies) : ['no policies: whoever reaches the gateway may call']),
    section(
      ['limit of the server', 'value'],
      Object.entries(limits).map(([name, value]) => [name, String(value)]),
    ),
  ];
  return parts.filter(Boolean).join('\n\n');
}

function servedParts({ services, models = [], pipelines, out }: Configuration): string[] {
  return [
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
      ['model', 'version', 'digest', 'made by', 'says of itself'],
      models.flatMap(({ name, contents = [] }) =>
        contents.map(({ version, digest, properties }) => [
          name,
          version,
          digest,
          printable(properties['sheaf_producer'] ?? ''),
          printable(ownWords(properties)),
        ]),
      ),
    ),
    section(
      ['pipeline', 'version', 'state'],
      pipelines.map(({ name, version, ready }) => [name, version, stateOf(ready)]),
    ),
    section(
      ['out', 'name', 'served', 'why'],
      out.map(({ kind, name, version, why, keeps }) => [
        kind,
        version === null ? name : `${name}/${version}`,
        keeps ? 'as before' : 'no',
        printable(why),
      ]),
    ),
  ];
}

function policyParts({ hash, identity, open, limits, routes }: NonNullable<Configuration['policies']>): string[] {
  return [
    `policies ${hash}`,
    identityText(identity, open),
    section(
      ['limit', 'allows', 'cost', 'tenants', 'models'],
      limits.map((limit) => [
        limit.name,
        `${allowsText(limit.allows)} ${limit.per.length > 0 ? `per ${limit.per.join(', ')}` : 'for all together'}`,
        limit.cost === null ? '' : printable(limit.cost),
        limit.tenants.join(', '),
        limit.models.join(', '),
      ]),
    ),
    section(
      ['route', 'to'],
      routes.map(({ name, split }) => [
        name,
        split.map(({ to: { model, version }, weight }) => `${model}${version && `/${version}`} (${weight})`).join(', '),
      ]),
    ),
  ];
}

const wordsMax = 60;

/** The metadata in a model's file, on one line. */
function ownWords(properties: Readonly<Record<string, string>>): string {
  const own = Object.entries(properties).filter(([key]) => !key.startsWith('sheaf_'));
  const line = own.map(([key, value]) => `${key}=${value}`).join(', ');
  return line.length > wordsMax ? `${line.slice(0, wordsMax)}...` : line;
}

const section = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  rows.length > 0 ? table([head, ...rows]) : '';

const stateOf = (ready: boolean): string => (ready ? 'ready' : 'not ready');

function identityText({ keys, keyDaysMax, jwt, certificates, anonymous }: Identity, open: readonly string[]): string {
  const rows = [
    ...(keys
      ? [[keyDaysMax ? `API key, ${keyDaysMax} days at most` : 'API key', 'its own', 'its own', 'its own', 'its own']]
      : []),
    ...jwt.map((one) => [printable(`token of ${one.issuer} for ${one.audience}`), ...givenText(one, toldText)]),
    ...certificates.map((one) => [`certificate ${one.subject}`, ...givenText(one, listText)]),
    ...(anonymous ? [['none', ...givenText(anonymous, listText)]] : []),
  ];
  const methods = open.length > 0 ? open.join(', ') : 'nothing';
  const credentials = section(['credential', 'tenant', 'roles', 'models', 'priority'], rows) || 'no credential counts';
  return `${credentials}\n\nopen to everybody: ${methods}`;
}

const givenText = <Value>(
  { tenant, roles, models, priority }: Given<Value>,
  textOf: (value: Value) => string,
): string[] => [textOf(tenant), textOf(roles), textOf(models), priority];

const listText = (value: string | readonly string[]): string => [value].flat().join(', ');
const toldText = (told: Told): string => ('claim' in told ? `claim ${told.claim}` : listText(told.fixed));

/** Writes a limit as policies.yaml has it. */
function allowsText(allows: Limit['allows']): string {
  switch (allows.kind) {
    case 'rate':
      return `${rateText(allows.perSecond)} burst ${allows.burst}`;
    case 'concurrent':
      return `concurrent ${allows.max}`;
    case 'quota':
      return `${allows.max}/${allows.window}`;
  }
}

/** Writes a rate in the unit in which it has at most three decimals. */
function rateText(perSecond: number): string {
  const units = [
    ['s', 1],
    ['m', 60],
    ['h', 3_600],
  ] as const;
  const amounts = units.map(([unit, seconds]) => ({ unit, exact: perSecond * seconds }));
  const short = amounts.find(({ exact }) => Math.abs(exact - Number(exact.toFixed(3))) <= exact * 1e-9) ?? amounts[2];
  return short ? `${Number(short.exact.toFixed(3))}/${short.unit}` : '';
}
