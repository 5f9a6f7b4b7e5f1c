import {
  broken,
  checkRequest,
  type Infer,
  InferError,
  type ModelDescription,
  notFound,
  type Signature,
} from '@sheaf/inference';
import { refuseDryRun } from '@sheaf/layers';
import type { ServiceHandle } from './services.ts';

/** What the public server serves under one name: a model or a pipeline. */
export interface Entry {
  readonly describe: (version: string) => ModelDescription;
  readonly infer: Infer;
  readonly isReady: (version: string) => boolean;
  /** The version that is asked, for whoever asks it later; '' where only its server knows which that is. */
  readonly pin: (version: string) => string;
  /** The models and transforms that a call asks, one for each time; undefined for a version that is not there. */
  readonly callsOf: (version: string) => readonly string[] | undefined;
  /** Of a pipeline: how many runs of each version have not ended. */
  readonly pending?: () => readonly (readonly [version: string, runs: number])[];
}

/** The versions that a name has. */
export interface Versions {
  readonly name: string;
  readonly versions: readonly string[];
  /** Those that are there and cannot be served. */
  readonly lost: readonly string[];
}

export function noSuchVersion({ name, versions, lost }: Versions, version: string): InferError {
  if (lost.includes(version)) return broken(`${name}/${version}`);
  return notFound(`"${name}" has no version ${version}; it has ${versions.join(', ')}`, `${name}/${version}`);
}

/** What a version of a model is said to be. */
type Described = Signature & Pick<ModelDescription, 'properties'>;

/** Many servers say nothing of what a model takes and gives unless its settings do: MLServer and KServe by default. */
export const typed = <T extends Signature>(told: T | undefined): T | undefined =>
  told && told.inputs.length > 0 && told.outputs.length > 0 ? told : undefined;

/** Of models that services of ours hold. */
export const ownPlatform = 'onnxruntime_onnx';

export function modelEntry(
  known: Versions & { readonly platform: string },
  described: (version: string) => Described | undefined,
  { infer, isReady }: ServiceHandle,
): Entry {
  const { name, versions, platform } = known;
  // A server that names no versions knows itself which it has.
  const has = (version: string): boolean => version === '' || versions.length === 0 || versions.includes(version);
  const get = (version: string): Described => {
    const found = has(version) ? described(version) : undefined;
    if (!found) throw noSuchVersion(known, version);
    return found;
  };
  return {
    // Here, since a foreign server may not know of plans, and would run.
    infer: refuseDryRun(async (request, context) => {
      const signature = typed(get(request.version));
      // What nobody has said, the server itself checks.
      if (signature) checkRequest(signature, request.inputs, request.outputs);
      return infer(request, context);
    }),
    describe: (version) => {
      const { inputs, outputs, properties } = get(version);
      return { name, versions, platform, inputs, outputs, properties };
    },
    isReady: (version) => has(version) && isReady(),
    // Of ours the newest comes first; which one somebody else's server asks of several is not known here.
    pin: (version) => version || (platform === ownPlatform || versions.length === 1 ? (versions[0] ?? '') : ''),
    callsOf: (version) => (has(version) ? [name] : undefined),
  };
}

/** A name that is there and cannot be served. */
export function outEntry(refusal: () => InferError): Entry {
  const refuse = (): never => {
    throw refusal();
  };
  return { describe: refuse, infer: async () => refuse(), isReady: () => false, pin: refuse, callsOf: () => undefined };
}

/** Somebody else's server that holds it, or what it needs, is expected. */
export const notYet = (name: string, service: string): InferError =>
  InferError.withoutStack('UNAVAILABLE', `"${name}" is not there yet: service ${service} has not said what it serves`, {
    reason: 'SERVICE_UNAVAILABLE',
    progress: 'not-begun',
    metadata: { service },
    retryAfterMs: 1_000,
  });
