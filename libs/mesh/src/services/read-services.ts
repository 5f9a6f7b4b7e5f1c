/** Reads mesh.yaml against what the folder holds: its services, and where its files and secrets are. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { noAliases } from '@sheaf/inference';
import { defaultsOf } from '../language/common.ts';
import { gateway } from '../language/gateway.ts';
import { limitsSaid } from '../language/limits.ts';
import { meshDocument, resilienceDefault } from '../language/mesh-document.ts';
import type { ServiceGiven } from '../language/services.ts';
import type { Mesh, Service } from '../mesh.ts';
import type { MeshProblem } from '../problem.ts';
import { type Place, readDocument, readYaml } from '../yaml-file.ts';
import { checkAliases, type KnownVersions } from './check-aliases.ts';
import type { LimitsSetting } from './fit-limits.ts';
import { gatewayOf } from './read-gateway.ts';
import { readJobs } from './read-jobs.ts';
import { readRegistry } from './read-registry.ts';
import { readMeshSecret, type SecretNoted } from './read-secret.ts';
import { readSent } from './read-sent.ts';
import { readSigning } from './read-signing.ts';
import { checkAuthoritiesApart, readForeignTls, readMeshTls, readServerTls } from './read-tls.ts';

const file = 'mesh.yaml';
/** Of a folder without the file. */
const nowhere: Place = (path, message) => ({ file, line: undefined, path: path.join('.'), message });

const nothingSaid = defaultsOf(meshDocument);
const gatewayDefault = defaultsOf(gateway);

/** What mesh.yaml says. */
export interface MeshSettings
  extends Pick<
    Mesh,
    'services' | 'gateway' | 'resilience' | 'tls' | 'secret' | 'registry' | 'aliases' | 'shadows' | 'cache' | 'jobs'
  > {
  readonly limits: LimitsSetting;
}

/** What the folder holds, by name. */
export interface Held {
  readonly models: readonly string[];
  readonly transforms: readonly string[];
  /** Of models and pipelines. */
  readonly versions: KnownVersions;
}

/** Reads mesh.yaml, which may be missing. `notes` are no mistakes, but may not be meant. */
export async function readSettings(
  folder: string,
  { models, transforms, versions }: Held,
  problems: MeshProblem[],
  notes: MeshProblem[],
): Promise<MeshSettings> {
  const exists = await stat(join(folder, file)).catch(() => undefined);
  const yaml = exists && (await readYaml(join(folder, file), file, problems));
  const written = (yaml && readDocument(yaml, meshDocument, problems)) ?? nothingSaid;
  const place = yaml?.place ?? nowhere;
  const at = (...path: string[]): SecretNoted => ({ place, folder, path, problems, notes });
  const { tls: callersTls, ...given } = written.gateway ?? gatewayDefault;
  const serverTls = await readServerTls(at('gateway', 'tls'), callersTls);
  const tls = await readMeshTls(at('tls'), written.tls);
  await readSigning(at('signing'), written.signing);
  const secret = await readMeshSecret(at('secret'), written.secret, tls);
  await checkAuthoritiesApart({ place, problems }, serverTls, tls);
  const holdings = holdingsOf(written.services ?? new Map(), new Set(transforms));
  checkHoldings(holdings, new Set(models), new Set(transforms), place, problems);
  const aliases = written.aliases ?? noAliases;
  problems.push(...checkAliases(aliases, versions, place));
  const named = await Promise.all(holdings.map((holding) => serviceOf(holding, at('services', holding.name))));
  return {
    services: [...named, ...ownServices(models, transforms, named)],
    limits: { given: limitsSaid(written.limits), place: (key, message) => place(['limits', key], message) },
    gateway: { ...gatewayOf(given), ...(serverTls && { tls: serverTls }) },
    resilience: written.resilience ?? resilienceDefault,
    tls,
    secret,
    aliases,
    registry: await readRegistry(at('registry'), written.registry),
    shadows: written.shadows ?? new Map(),
    cache: written.cache,
    jobs: await readJobs(at('jobs'), written.jobs),
  };
}

/** A service as it is written, and what it runs of ours. */
interface Holding {
  readonly name: string;
  readonly given: ServiceGiven;
  /** Names of transforms. */
  readonly run: readonly string[];
}

/** A service that is called like a transform need not name it once more. */
const holdingsOf = (services: ReadonlyMap<string, ServiceGiven>, transforms: ReadonlySet<string>): Holding[] =>
  [...services].map(([name, given]) => {
    const isNamesake = given.models.length === 0 && given.endpoint === undefined && transforms.has(name);
    return { name, given, run: given.transforms ?? (isNamesake ? [name] : []) };
  });

const rights = ['network', 'addons', 'trusted'] as const;

/** What each holds has to be there, and to be held once. */
function checkHoldings(
  holdings: readonly Holding[],
  models: ReadonlySet<string>,
  transforms: ReadonlySet<string>,
  place: Place,
  problems: MeshProblem[],
): void {
  const owners = new Map<string, string>();
  for (const { name, given, run } of holdings) {
    const tell = (key: readonly string[], message: string): void => {
      problems.push(place(['services', name, ...key], message));
    };
    const runsOurs = run.length > 0 && given.endpoint === undefined;
    for (const right of runsOurs ? [] : rights)
      if (given[right] !== undefined)
        tell([right], 'want it where the service runs transforms of ours: it is their right');
    if (given.models.length + run.length === 0) tell([], holdsNothing(name, models, transforms));
    for (const model of given.endpoint === undefined ? given.models : [])
      if (!models.has(model))
        tell(['models'], `there is no model "${model}"; the models are ${[...models].join(', ') || 'none'}`);
    for (const transform of run)
      if (!transforms.has(transform))
        tell(['transforms'], `no pipeline of this folder uses a transform "${transform}"`);
    for (const held of [...given.models, ...run]) {
      const owner = owners.get(held);
      if (owner) tell([], `"${held}" is already held by service ${owner}`);
      owners.set(held, name);
    }
  }
}

/** Whoever wrote it may have meant the service that a model has by itself, or one of another name. */
function holdsNothing(name: string, models: ReadonlySet<string>, transforms: ReadonlySet<string>): string {
  const wanted = 'want models or transforms, got none';
  if (models.has(name)) return `${wanted}; did you mean models: [${name}]?`;
  const there = (names: ReadonlySet<string>): string => [...names].join(', ') || 'none';
  return `${wanted}; the models are ${there(models)}, the transforms ${there(transforms)}`;
}

async function serviceOf({ name, given, run }: Holding, at: SecretNoted): Promise<Service> {
  const { models, endpoint, port, replicas, cpus, memory, env, transport, network, addons, trusted } = given;
  const held = { name, models, transforms: run, endpoint, port, replicas, cpus, memoryMaxBytes: memory, env };
  if (endpoint === undefined)
    return {
      ...held,
      ...(run.length > 0 ? { rights: { network, addons, trusted } } : {}),
      transport: transport ?? 'stream',
    };
  return {
    ...held,
    signatures: given.signatures,
    tls: await readForeignTls({ ...at, path: [...at.path, 'tls'] }, given.tls),
    sent: await readSent(at, given),
    transport: 'unary',
  };
}

/** The default: a service of its own for each model and each transform that no named service holds. */
export function ownServices(
  models: readonly string[],
  transforms: readonly string[],
  named: readonly Service[],
): Service[] {
  const held = new Set(named.flatMap((service) => [...service.models, ...service.transforms]));
  const alone = { endpoint: undefined, port: 0, replicas: 1, transport: 'stream' } as const;
  return [
    ...models.filter((name) => !held.has(name)).map((name) => ({ name, models: [name], transforms: [], ...alone })),
    ...transforms.filter((name) => !held.has(name)).map((name) => ({ name, models: [], transforms: [name], ...alone })),
  ];
}
