/** The parts of a mesh folder: what its files hold, each read by itself, with what stands in for the broken ones. */
import { type InForce, type MeshSettings, settingsInForce } from './in-force.ts';
import { type Mesh, type OutPart, transformName } from './mesh.ts';
import { readModels } from './models/read-models.ts';
import { wholeModels } from './models/whole-models.ts';
import {
  findTransforms,
  type NamedTransforms,
  type PipelineFile,
  parsePipelineFiles,
  readPipelineFiles,
  readTransforms,
} from './pipelines/read-pipelines.ts';
import { accessLogFiles, withheldFiles } from './pipelines/withheld-files.ts';
import type { MeshProblem } from './problem.ts';
import { type View, withViewAliases } from './registry/view.ts';
import { versionsIn } from './services/check-aliases.ts';
import { keepServices } from './services/keep-services.ts';
import { type Held, ownServices, readSettings, type MeshSettings as Written } from './services/read-services.ts';

/** What is wrong with a folder, and what is no mistake but may not be meant. */
export interface Told {
  readonly problems: MeshProblem[];
  readonly notes: MeshProblem[];
}

/** What of a mesh does not depend on its pipelines and policies. */
type Parts = Pick<
  Mesh,
  | 'folder'
  | 'models'
  | 'transforms'
  | 'services'
  | 'gateway'
  | 'resilience'
  | 'tls'
  | 'secret'
  | 'registry'
  | 'aliases'
  | 'shadows'
  | 'cache'
  | 'jobs'
>;

export interface FolderParts {
  /** What can be served; services that are kept are as they were. */
  readonly parts: Parts;
  readonly pipelineFiles: readonly PipelineFile[];
  readonly settings: SettingsReading;
  /** Services of what was served before that go on with all that they hold. */
  readonly kept: readonly string[];
  /** Models and transforms that are broken in the folder; `keeps` is for whoever knows what stands in. */
  readonly out: readonly OutPart[];
  readonly brokenModels: ReadonlySet<string>;
  /** Paths. */
  readonly brokenTransforms: ReadonlySet<string>;
  /** The file of the access log, absolute, where there is one. */
  readonly logs: readonly string[];
  /** Whether the folder has neither a model nor a service, whole or broken. */
  readonly isEmpty: boolean;
}

/** `keep` are services of `before` that stand in whatever the folder says; `view` is what is served of a registry. */
export async function readParts(
  folder: string,
  view: View | undefined,
  before: Mesh | undefined,
  keep: readonly string[],
  told: Told,
): Promise<FolderParts> {
  const { models, out: outModels } = wholeModels(await readModels(folder, view, told.problems), told.problems);
  const yamls = await readPipelineFiles(folder, view, told.problems);
  const found = await findTransforms(folder, yamls, before);
  const modelNames = [...models, ...outModels].map(({ name }) => name);
  const unparsed: MeshProblem[] = [];
  const pipelineFiles = parsePipelineFiles(yamls, unparsed);
  const held = { models: modelNames, versions: versionsIn(models, outModels, pipelineFiles) };
  const settings = await readSettingsInForce(folder, held, found, before, told.notes);
  const { services, gateway, resilience, tls, secret, registry, shadows, cache, jobs, ...own } =
    settings.value ?? settings.read;
  const aliases = withViewAliases(own.aliases, view);
  const logs = await accessLogFiles(folder);
  const withheld = withheldFiles({ folder, services, gateway, tls, secret, registry, jobs }, logs);
  const { transforms, broken } = await readTransforms(found, { folder, services, secret, withheld }, told.problems);
  told.problems.push(...unparsed, ...settings.problems);
  const out = [...outModels, ...[...broken].map(([path, why]) => outTransform(path, why))];
  const kept = before ? [...keep, ...servicesToKeep(before, out)] : [];
  const whole = {
    folder,
    models,
    transforms,
    services,
    gateway,
    resilience,
    tls,
    secret,
    registry,
    aliases,
    shadows,
    cache,
    jobs,
  };
  return {
    parts: keepServices(whole, before, kept),
    pipelineFiles,
    settings,
    kept,
    out,
    brokenModels: new Set(outModels.map(({ name }) => name)),
    brokenTransforms: new Set(broken.keys()),
    logs,
    isEmpty: modelNames.length + services.length === 0,
  };
}

interface SettingsReading extends InForce<MeshSettings> {
  readonly read: Written;
  readonly problems: readonly MeshProblem[];
}

/** mesh.yaml may name what is out: that is no mistake of its own. */
async function readSettingsInForce(
  folder: string,
  { models, versions }: Omit<Held, 'transforms'>,
  { named, former, unread }: NamedTransforms,
  before: Mesh | undefined,
  notes: MeshProblem[],
): Promise<SettingsReading> {
  const problems: MeshProblem[] = [];
  // What mesh.yaml says of a transform is said of code in its folder: whoever may push to a registry gets no rights by a name.
  const found = [
    ...[...named].map(([path, { kept }]) => ({ path, kept })),
    ...[...former].map(([path, kept]) => ({ path, kept })),
  ];
  const names = (isKept: boolean) =>
    found.filter(({ kept }) => (kept !== undefined) === isKept).map(({ path }) => transformName(path));
  const held = { models: [...new Set(models)], transforms: [...new Set([...names(false), ...unread])], versions };
  const written = await readSettings(folder, held, problems, notes);
  const services = [...written.services, ...ownServices([], names(true), written.services)];
  const read = { ...written, services };
  return { ...settingsInForce(read, problems, before), read, problems };
}

const outTransform = (path: string, why: string): OutPart => ({
  kind: 'transform',
  name: transformName(path),
  why,
  keeps: false,
});

/** Those that hold something that is out now. */
function servicesToKeep(before: Mesh, out: readonly OutPart[]): string[] {
  const were = out.filter((part) => isHeld(part, before)).map(({ name }) => name);
  return before.services
    .filter(({ endpoint }) => !endpoint)
    .filter(({ models, transforms }) => were.some((name) => models.includes(name) || transforms.includes(name)))
    .map(({ name }) => name);
}

/** Whether a model or transform is among these. */
export function isHeld({ kind, name, version }: OutPart, { models, transforms }: Pick<Mesh, 'models' | 'transforms'>) {
  if (kind === 'transform') return transforms.some((transform) => transform.name === name);
  const model = models.find((one) => one.name === name);
  return model?.versions.some((one) => version === undefined || one.version === version) ?? false;
}
