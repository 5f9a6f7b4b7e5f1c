import { isDeepStrictEqual } from 'node:util';
import { type Aliases, broken, log, type ModelDescription, noAliases, type Signature } from '@sheaf/inference';
import { checkedSignature, type Mesh, type OutPart, signatureIn } from '@sheaf/mesh';
import {
  checkPipelines,
  type LatencyOf,
  latencyTrackerKeys,
  type PipelineCheck,
  pipelineFinder,
  type Target,
} from '@sheaf/pipeline';
import { createAliasCheck } from './alias-check.ts';
import { type CatalogAnswers, catalogOf } from './catalog-answers.ts';
import { type Entry, modelEntry, notYet, outEntry, ownPlatform, typed } from './entry.ts';
import { askForeign, type Foreign, type ForeignBook } from './foreign.ts';
import { describeOwn, idOf } from './own-models.ts';
import {
  mistakesOf,
  nameOf,
  type PipelineEntry,
  pipelineEntry,
  pipelineVersion,
  type Unsaid,
} from './pipeline-entry.ts';
import type { Services } from './services.ts';
import { createStageTimes, type KnownTimes } from './stage-times.ts';
import { createVersions, type Versions } from './versions.ts';

export interface Catalog extends CatalogAnswers {
  /** All that is there and not served as it stands in the folder. */
  readonly out: readonly CatalogOut[];
  /** Models of foreign servers that have not said yet what they serve. */
  readonly silent: readonly string[];
  /** How long the pipelines' stages usually take, for the catalog that follows. */
  readonly latencies: KnownTimes;
  /** What foreign servers have said, for that too. */
  readonly foreign: ForeignBook;
  /** All that services have said. */
  readonly told: Told;
  /** The same with other aliases; undefined where its pipelines have to be checked again by these. */
  readonly steer: (aliases: Aliases) => Catalog | undefined;
}

interface CatalogOut extends OutPart {
  /** Somebody else's, which has to say first what it serves. */
  readonly service?: string | undefined;
}

/** What a catalog takes from the one before. */
export type Known = Pick<Catalog, 'latencies' | 'foreign' | 'out'>;
const nothing = (): Known => ({ latencies: new Map(), foreign: new Map(), out: [] });

export interface CatalogOptions {
  /** What can be served. */
  readonly mesh: Mesh;
  /** The same, with what could not be loaded: a pipeline with such a member may do without it. */
  readonly whole: Mesh;
  /** Throws unless all of it can be served. */
  readonly isStrict: boolean;
}

/** What services say that they serve. */
export interface Told {
  readonly asked: Foreign;
  /** What our own services say of their models. */
  readonly own: ReadonlyMap<string, ModelDescription>;
}

/** Everything that the gateway serves, type-checked against the real signatures. */
export async function openCatalog(
  options: CatalogOptions,
  services: Services,
  before: Known = nothing(),
): Promise<Catalog> {
  const { mesh, isStrict } = options;
  const [asked, own] = await Promise.all([askForeign(services, before.foreign, isStrict), describeOwn(mesh, services)]);
  const catalog = compileCatalog(options, services, { asked, own }, before);
  tellNew(catalog.out.slice(mesh.out.length), before.out);
  return catalog;
}

/** The same over services that have said already what they serve. */
export function compileCatalog(options: CatalogOptions, services: Services, told: Told, before: Known): Catalog {
  const { mesh, isStrict } = options;
  const { asked, own } = told;
  const unsaid = unsaidBy(asked.described, services);
  const versions = createVersions(mesh.aliases);
  const checks = checkPipelines(
    mesh.pipelines.map(({ spec }) => spec),
    signaturesOf(options, versions, own, asked.described),
    mesh.aliases,
  );
  const unfit = checks.filter(({ checked }) => !checked);
  // One that asks another that does not fit has no mistake of its own.
  const [first = unfit[0]] = unfit.filter(({ problems }) => problems.length > 0);
  if (isStrict && first) throw mistakesOf(first, unsaid);
  const out = [...mesh.out, ...unfit.map((check) => outPipeline(check, asked, unsaid))];
  const entries = outEntries(out, asked);
  const parts = { mesh, services, versions, out, own, foreign: asked.described, entries };
  addModels(parts);
  const fit = checks.filter(({ checked }) => checked);
  const { latencies } = before;
  addPipelines(parts, fit, latencies);
  const known = { out, silent: [...asked.silent.keys()], latencies, foreign: asked.book, told };
  const doFit = createAliasCheck(
    mesh.pipelines,
    signaturesOf(options, createVersions(noAliases), own, asked.described),
  );
  const by = (aliases: Aliases): Catalog => ({
    ...catalogOf(entries, services, createVersions(aliases)),
    ...known,
    steer: (next) => (doFit(aliases, next) ? by(next) : undefined),
  });
  return by(mesh.aliases);
}

/** What a catalog is made of, and what it has so far. */
interface Parts {
  readonly mesh: Mesh;
  readonly services: Services;
  readonly versions: Versions;
  readonly out: readonly CatalogOut[];
  /** What our own services say of their models. */
  readonly own: ReadonlyMap<string, ModelDescription>;
  /** What somebody else's servers say of theirs. */
  readonly foreign: ReadonlyMap<string, ModelDescription>;
  /** By name; added to. */
  readonly entries: Map<string, Entry>;
}

/** What targets take and give: what a server says of a model goes before what its file says. */
const signaturesOf =
  ({ mesh, whole }: CatalogOptions, versions: Versions, own: Parts['own'], foreign: Parts['foreign']) =>
  (target: Target): Signature | undefined =>
    target.kind === 'model'
      ? (own.get(idOf(target.name, versions.meant(target.name, target.version ?? ''))) ??
        typed(foreign.get(target.name)) ??
        checkedSignature(mesh, target) ??
        checkedSignature(whole, target))
      : signatureIn(mesh, target);

/** Why nobody knows what a model takes and gives, where its server is to blame. */
const unsaidBy =
  (foreign: Parts['foreign'], services: Services): Unsaid =>
  (target) => {
    const told = target?.kind === 'model' ? foreign.get(target.name) : undefined;
    if (!told || typed(told)) return undefined;
    const service = services.holding(told.name)?.service.name ?? '';
    const example = `services.${service}.signatures: { ${told.name}: { inputs: { x: { datatype: FP32, shape: [-1, 2] } }, outputs: { ... } } }`;
    return `the server of service ${service} does not say what "${told.name}" takes and gives (its ModelMetadata has no inputs or no outputs), and a pipeline has to know; say it in mesh.yaml, as in ${example}, or in the settings of the model at that server`;
  };

/** The versions of a name that are there and cannot be served. */
const lostOf = (out: readonly CatalogOut[], name: string): string[] =>
  out.filter((part) => part.name === name && !part.keeps).flatMap(({ version }) => version ?? []);

function addModels({ mesh, services, out, own, foreign, entries }: Parts): void {
  for (const { name, versions } of mesh.models) {
    const handle = services.holding(name);
    const [newest] = versions;
    const described = new Map(
      versions.map(({ version, signature, properties }) => [version, { ...signature, properties }] as const),
    );
    const known = { name, versions: [...described.keys()], lost: lostOf(out, name), platform: ownPlatform };
    const describe = (version: string) => own.get(idOf(name, version)) ?? described.get(version || newest.version);
    if (handle) entries.set(name, modelEntry(known, describe, handle));
  }
  for (const [name, description] of foreign) {
    const handle = services.holding(name);
    const known = { ...description, name, lost: [] };
    if (handle)
      entries.set(
        name,
        modelEntry(known, () => description, handle),
      );
  }
}

function addPipelines(
  { mesh, services, versions, out, foreign, entries }: Parts,
  checks: readonly PipelineCheck[],
  known: KnownTimes,
): void {
  const find = pipelineFinder(
    checks.map(({ spec }) => spec),
    mesh.aliases,
  );
  const keysOf = (aliases: Aliases) =>
    latencyTrackerKeys(find, (target) => versionsOf(target, createVersions(aliases), mesh, foreign));
  const timesOf = createStageTimes(checks.length, keysOf, known);
  const latencyOf =
    ({ spec }: PipelineCheck): LatencyOf =>
    ({ snapshot }) =>
      timesOf(spec, snapshot.aliases ?? mesh.aliases);
  const isOut = (name: string): boolean => isOutAltogether(mesh, out, name);
  const { earlyRefusal } = mesh.resilience;
  const pipelines = new Map<string, PipelineEntry>();
  const around = { services, versions, entries, pipelines, isOut, latencyOf, find, earlyRefusal };
  for (const [name, versions] of Map.groupBy(checks, ({ spec }) => spec.pipeline)) {
    const fit = versions.map((check) => pipelineVersion(check, around));
    pipelines.set(name, pipelineEntry(name, fit, lostOf(out, name)));
  }
  for (const [name, entry] of pipelines) entries.set(name, entry);
}

/** A model or transform of which nothing is served. */
function isOutAltogether({ models }: Mesh, out: readonly OutPart[], wanted: string): boolean {
  const isServed = models.some(({ name }) => name === wanted);
  return out.some(
    ({ kind, name, version, keeps }) =>
      name === wanted && kind !== 'pipeline' && !keeps && (version === undefined || !isServed),
  );
}

/** Names that are there, and refuse with what is wrong with them. What is served replaces them. */
function outEntries(out: readonly CatalogOut[], { silent }: Foreign): Map<string, Entry> {
  const names = out.filter(({ kind, keeps }) => !keeps && (kind === 'model' || kind === 'pipeline'));
  return new Map([
    ...names.map(({ name }) => [name, outEntry(() => broken(name))] as const),
    ...names.flatMap(({ name, service }) => (service ? [[name, outEntry(() => notYet(name, service))] as const] : [])),
    ...[...silent].map(([name, service]) => [name, outEntry(() => notYet(name, service))] as const),
  ]);
}

/** Of a pipeline that has no mistake of its own. */
export const asksOut = 'it asks a pipeline that is out';

/** Where only somebody else's server is missing, its coming mends it. */
function outPipeline({ spec, problems }: PipelineCheck, { silent }: Foreign, unsaid: Unsaid): CatalogOut {
  const missing = problems.map(({ target }) => (target?.kind === 'model' ? silent.get(target.name) : undefined));
  const [first = [...silent.values()][0]] = missing;
  const service = missing.every((name) => name !== undefined) ? first : undefined;
  const why = service
    ? `service ${service} has not said what it serves`
    : problems.map(({ path, message, target }) => `${path.join('.')}: ${unsaid(target) ?? message}`).join('; ') ||
      asksOut;
  return { kind: 'pipeline', name: spec.pipeline, version: String(spec.version), why, keeps: false, service };
}

/** Each once, however often all of it is read again. */
function tellNew(out: readonly CatalogOut[], known: readonly CatalogOut[]): void {
  for (const part of out.filter((one) => !known.some((other) => isDeepStrictEqual(other, one))))
    log('pipeline.out', `pipeline ${part.name} is out: ${part.why}`, { pipeline: part.name });
}

/** The version of a model that is asked, or what it or a transform has now of them; others may take another time. */
function versionsOf(
  target: Target,
  versions: Versions,
  mesh: Mesh,
  foreign: ReadonlyMap<string, ModelDescription>,
): string {
  const meant = target.kind === 'model' ? versions.meant(target.name, target.version ?? '') : '';
  if (meant !== '') return meant;
  const own = mesh.models.find(({ name }) => name === nameOf(target))?.versions.map(({ version }) => version);
  return (own ?? foreign.get(nameOf(target))?.versions ?? []).join(', ');
}
