/** What an answer depends on beside the request: which versions give it, with which content, and what of the call they read. */
import { createHash } from 'node:crypto';
import { serialize } from 'node:v8';
import { type Aliases, type CallContext, type InferRequest, knownPrincipal } from '@sheaf/inference';
import { type Mesh, type MeshPipeline, transformsOf } from '@sheaf/mesh';
import type { Catalog } from './catalog.ts';

/** Of one revision. Undefined for a name that is not there. */
export type AnswerIdentity = (request: InferRequest, context: CallContext) => string | undefined;

/** Where a pipeline finds a value of its context. */
type Source = MeshPipeline['spec']['context'][number]['source'];

/**
 * `fingerprints` say what the processes of each service run. The content that a pipeline stands on is all that the mesh serves: rules may lead a call to any
 * other pipeline, and transforms may ask any. A model's is that of its service alone.
 */
export function createAnswerIdentity(
  mesh: Mesh,
  catalog: Catalog,
  fingerprints: ReadonlyMap<string, string>,
): AnswerIdentity {
  const forwarded = [...new Set(mesh.services.flatMap(({ sent }) => sent?.forward ?? []))].sort();
  const serviceOf = new Map(
    mesh.services.flatMap((service) => service.models.map((model) => [model, service] as const)),
  );
  /** Of somebody else's server: where it is and what it is sent. What it runs, nobody here knows. */
  const foreign = mesh.services
    .filter(({ endpoint }) => endpoint)
    .map(({ name, endpoint, tls, sent, models }) => ({ name, endpoint, tls, sent, models }));
  const sources = sourcesOf(mesh);
  // Aliases move without another catalog; which of them count, the call's snapshot says.
  const wholes = new WeakMap<Aliases, string>();
  const wholeBy = (aliases: Aliases): string => {
    const whole =
      wholes.get(aliases) ?? digestOf([mesh.pipelines.map(({ spec }) => spec), aliases, fingerprints, foreign]);
    wholes.set(aliases, whole);
    return whole;
  };
  const contentOf = (name: string, { snapshot }: CallContext): string => {
    const service = serviceOf.get(name);
    const own = service && fingerprints.get(service.name);
    // A pipeline's, and a foreign model's: any change of the mesh may be one of what answers.
    return own ?? wholeBy(snapshot.aliases ?? mesh.aliases);
  };
  return (request, context) => {
    const version = catalog.versions.ofCall(request, context);
    if (catalog.callsOf(request.model, version) === undefined) return undefined;
    const read = [
      ...forwarded.map((key) => context.metadata?.(key) ?? null),
      ...(sources.get(request.model) ?? []).map((source) => readFrom(source, context)),
    ];
    return JSON.stringify([version, contentOf(request.model, context), read]);
  };
}

const digestOf = (value: unknown): string => createHash('sha256').update(serialize(value)).digest('base64');

/** By pipeline: what it and all that it may come to read of a call. */
function sourcesOf({ pipelines, transforms }: Mesh): ReadonlyMap<string, readonly Source[]> {
  const byName = Map.groupBy(pipelines, ({ spec }) => spec.pipeline);
  const usesOf = new Map(transforms.map(({ path, uses }) => [path, uses]));
  const reach = (name: string, reached: Set<string>): Set<string> => {
    if (reached.has(name) || !byName.has(name)) return reached;
    reached.add(name);
    for (const { spec } of byName.get(name) ?? []) {
      const named = [...textsIn(spec), ...transformsOf(spec).flatMap((path) => usesOf.get(path) ?? [])];
      // Pipelines are named with a version too.
      for (const text of named) reach(text.split('/')[0] ?? '', reached);
    }
    return reached;
  };
  return new Map(
    [...byName.keys()].map((name) => {
      const specs = [...reach(name, new Set())].flatMap((one) => byName.get(one) ?? []);
      // Parameters are of the request.
      const read = specs.flatMap(({ spec }) => spec.context).filter(({ source }) => source.kind !== 'parameter');
      return [name, read.map(({ source }) => source)] as const;
    }),
  );
}

/** Every text in a spec: whatever it names is one of them. */
function* textsIn(part: unknown): Generator<string> {
  if (typeof part === 'string') yield part;
  else if (part instanceof Map) for (const value of part.values()) yield* textsIn(value);
  else if (typeof part === 'object' && part !== null) for (const value of Object.values(part)) yield* textsIn(value);
}

function readFrom({ kind, key }: Source, { metadata, principal: caller }: CallContext): unknown {
  if (kind === 'metadata') return metadata?.(key) ?? null;
  const principal = knownPrincipal(caller);
  if (kind === 'claim') return (principal && Object.hasOwn(principal.claims, key) && principal.claims[key]) ?? null;
  return kind === 'principal' ? (principal?.[key] ?? null) : null;
}
