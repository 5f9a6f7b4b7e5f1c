import { hash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Path } from '@sheaf/document';
import { identityProblems, placeFiles, subjectNote } from '@sheaf/identity';
import { isLoopback, type Limits, versionMeant } from '@sheaf/inference';
import { pipelineFinder } from '@sheaf/pipeline';
import { checkRoutes, type PoliciesSpec, parsePolicies, type RouteTarget } from '@sheaf/policies';
import type { Mesh } from '../mesh.ts';
import { type MeshProblem, problemIn } from '../problem.ts';
import { readYaml, type YamlFile } from '../yaml-file.ts';
import { countingProblem, findShared } from './counting.ts';

const file = 'policies.yaml';

type Surroundings = Pick<Mesh, 'folder' | 'gateway' | 'limits' | 'models' | 'pipelines' | 'services' | 'aliases'>;

export interface PoliciesReading {
  /** Undefined where there are none, and where there is a problem. */
  readonly policies: PoliciesSpec | undefined;
  /** For which nothing of them can be put into force. */
  readonly problems: readonly MeshProblem[];
  /** What may not be meant. */
  readonly notes: readonly MeshProblem[];
  /** Routes to what is not there. They let nobody in, so all else is in force without them. */
  readonly routes: readonly { readonly name: string; readonly problem: MeshProblem }[];
}

/** Reads policies.yaml, which may be missing where only this machine reaches the gateway. `broken` are models that are there, and out. */
export async function readPolicies(mesh: Surroundings, broken: ReadonlySet<string>): Promise<PoliciesReading> {
  const problems: MeshProblem[] = [];
  const read = await readWritten(mesh, problems);
  if (!read) return { policies: undefined, problems, notes: [], routes: [] };
  const { spec, yaml } = read;
  const holdsTarget = holds(mesh, broken);
  const routes = spec.routes.flatMap((route) =>
    checkRoutes([route], holdsTarget).map(({ path, message }) => ({
      name: route.name,
      problem: yaml.place(path, message),
    })),
  );
  return {
    policies: problems.length === 0 ? spec : undefined,
    problems,
    notes: [...tenantNotes(spec, yaml), ...subjectNotes(spec, yaml)],
    routes,
  };
}

/** Of several issuers each must say it; one alone may mean it. */
function tenantNotes({ identity: { keys, jwt } }: PoliciesSpec, yaml: YamlFile): MeshProblem[] {
  const [only] = jwt;
  if (!keys || jwt.length !== 1 || !only || 'fixed' in only.tenant || only.tenants) return [];
  const note = 'its tokens may name any tenant, also one of an API key; tenants says which';
  return [yaml.place(['identity', 'jwt', 0, 'tenant'], note)];
}

const subjectNotes = ({ identity: { certificates } }: PoliciesSpec, yaml: YamlFile): MeshProblem[] =>
  certificates.flatMap(({ subject }, index) => {
    const note = subjectNote(subject);
    return note === undefined ? [] : [yaml.place(['identity', 'certificates', index, 'subject'], note)];
  });

async function readWritten(
  mesh: Surroundings,
  problems: MeshProblem[],
): Promise<{ readonly spec: PoliciesSpec; readonly yaml: YamlFile } | undefined> {
  const path = join(mesh.folder, file);
  if (!(await stat(path).catch(() => undefined))) {
    if (!isLoopback(mesh.gateway.host)) {
      const expected = 'want a policies.yaml that says who may call: the gateway does not listen on loopback';
      problems.push(problemIn('mesh.yaml', `gateway.host: ${expected}`));
    }
    return undefined;
  }
  const yaml = await readYaml(path, file, problems);
  if (!yaml) return undefined;
  const { spec, problems: found } = parsePolicies(yaml.value);
  for (const { path: place, message } of found) problems.push(yaml.place(place, message));
  if (!spec) return undefined;
  const { placed, named } = withFiles(spec, mesh.folder);
  for (const { path: place, message } of identityProblems(placed.identity))
    problems.push(
      yaml.place(
        [
          'identity',
          ...place
            .split(/[.[\]]+/)
            .filter(Boolean)
            .map(asStep),
        ],
        message,
      ),
    );
  const tooLong = tokenProblem(spec, mesh.limits);
  if (tooLong) problems.push(yaml.place(['identity', 'tokenBytesMax'], tooLong));
  const files = await readFiles(named, yaml, problems);
  const shared = findShared(process.env);
  if (shared?.problem) problems.push(problemIn(shared.variable, shared.problem));
  const wrongCount = countingProblem(mesh.gateway.replicas, spec, shared !== undefined);
  if (wrongCount) problems.push(yaml.place(['limits'], wrongCount));
  return { spec: { ...placed, files }, yaml };
}

const asStep = (text: string): string | number => (/^[0-9]+$/.test(text) ? Number(text) : text);

/** A file that the policies name. */
interface NamedFile {
  /** Where in policies.yaml. */
  readonly path: Path;
  /** As it stands there. */
  readonly name: string;
  /** Absolute. */
  readonly file: string;
  readonly wrong: ((content: Buffer) => string | undefined) | undefined;
}

/** Files are named from the folder. */
function withFiles(
  spec: PoliciesSpec,
  folder: string,
): { readonly placed: PoliciesSpec; readonly named: readonly NamedFile[] } {
  const named: NamedFile[] = [];
  const identity = placeFiles(spec.identity, (path, name, wrong) => {
    const file = resolve(folder, name);
    named.push({ path: ['identity', ...path], name, file, wrong });
    return file;
  });
  const { accessLog } = spec;
  const placedLog = accessLog && { ...accessLog, file: accessLog.file && resolve(folder, accessLog.file) };
  return { placed: { ...spec, accessLog: placedLog, identity }, named };
}

/** The hashes of the files that are named. */
async function readFiles(named: readonly NamedFile[], yaml: YamlFile, problems: MeshProblem[]): Promise<string[]> {
  const hashes: string[] = [];
  for (const { path, name, file: absolute, wrong } of named) {
    const content = await readFile(absolute).catch(() => undefined);
    if (content) hashes.push(hash('sha256', content));
    const why = content ? wrong?.(content) : `want a file, found no "${name}"`;
    if (why) problems.push(yaml.place(path, why));
  }
  return hashes;
}

/** A token comes with other metadata. */
const besideTokenBytes = 2_048;

/** What the server refuses as too long is not judged by its token. */
function tokenProblem(
  { identity: { jwt, tokenBytesMax } }: PoliciesSpec,
  { metadataBytesMax }: Limits,
): string | undefined {
  if (tokenBytesMax === undefined || jwt.length === 0 || tokenBytesMax + besideTokenBytes <= metadataBytesMax)
    return undefined;
  const most = metadataBytesMax - besideTokenBytes;
  return `want at most ${most}, or limits.metadataBytesMax of at least ${tokenBytesMax + besideTokenBytes} in mesh.yaml; got ${tokenBytesMax}`;
}

/** Whether the mesh has what a route leads to, as far as the folder tells. */
function holds(
  { models, pipelines, services, aliases }: Surroundings,
  broken: ReadonlySet<string>,
): (target: RouteTarget) => boolean {
  const foreign = new Set(services.filter(({ endpoint }) => endpoint).flatMap((service) => service.models));
  const find = pipelineFinder(
    pipelines.map(({ spec }) => spec),
    aliases,
  );
  return ({ model, version }) => {
    if (foreign.has(model) || broken.has(model) || find({ name: model, version }) !== undefined) return true;
    const meant = versionMeant(aliases, model, version);
    return models.some(
      ({ name, versions }) => name === model && (meant === '' || versions.some((own) => own.version === meant)),
    );
  };
}
