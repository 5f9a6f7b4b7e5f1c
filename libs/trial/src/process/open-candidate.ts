/** Loads a version as its service would, and asks it. */
import {
  asInferError,
  type CallContext,
  InferError,
  Journal,
  monotonicClock,
  type Tensor,
  trustedCaller,
} from '@sheaf/inference';
import { checkContent } from '@sheaf/mesh/alone';
import { type ModelOptions, openModel, type ServedVersion } from '@sheaf/runtime';
import type { TrialLimits } from '../limits.ts';
import type { Read } from './read-candidate.ts';

/** What it answered, and the milliseconds that the run took in its thread. */
export interface Answer {
  readonly outputs: readonly Tensor[];
  readonly ms: number;
}

export interface Opened extends Pick<ServedVersion, 'signature' | 'batchability' | 'notices' | 'isUntrue' | 'close'> {
  /** Throws InferError. */
  readonly ask: (inputs: readonly Tensor[], timeoutMs?: number) => Promise<Answer>;
}

export interface OpenOptions {
  readonly limits: TrialLimits;
  /** A run cannot be stopped: this process has to end. */
  readonly onStuck: (what: string) => void;
  /** Default: those of its model.yaml, else 1. */
  readonly threads?: number;
  /** Whether it is tried that its rows are independent. Default true. */
  readonly isProven?: boolean;
}

/** Throws InferError where it cannot be loaded, or does not run. */
export async function openCandidate(
  { model, version: own }: Read,
  { limits, onStuck, threads = model.intraOpThreads ?? 1, isProven = true }: OpenOptions,
): Promise<Opened> {
  const { name, versions: _, memoryMaxMb: __, batching, runLimitMs, ...settings } = model;
  const { version, signature, files, content } = own;
  const loaded = files.map(({ path }) => path);
  // The session looks at the very bytes that it loads.
  await checkContent(`model ${name}/${version}`, content, (path) => !loaded.includes(path));
  let lastMs = 0;
  const options: ModelOptions = {
    ...settings,
    name,
    version,
    signature,
    model: { folder: content.folder, files },
    instances: 1,
    intraOpThreads: threads,
    memory: undefined,
    // Nobody else calls, whom a call would have to wait for.
    batching: isProven && batching ? { ...batching, maxQueueDelayMs: 0 } : undefined,
    runLimitMs: Math.min(runLimitMs, limits.runMsMax ?? runLimitMs),
    outputBytesMax: limits.outputBytesMax,
    onStuck,
    onOverrun: () => {},
    onRun: ({ inferMs }) => {
      lastMs = inferMs;
    },
  };
  const served = await openModel(options).catch(async (error: unknown) => {
    await checkContent(`model ${name}/${version}`, content);
    throw error;
  });
  return {
    ...served,
    notices: [...own.notices, ...(served.notices ?? [])],
    ask: async (inputs, timeoutMs = options.runLimitMs) => {
      const request = { model: name, version, id: '', parameters: new Map(), inputs, outputs: [] };
      const { outputs } = await served.infer(request, contextOf(timeoutMs));
      return { outputs, ms: lastMs };
    },
  };
}

function contextOf(timeoutMs: number): CallContext {
  const journal = new Journal();
  return {
    clock: monotonicClock,
    deadline: monotonicClock.now() + timeoutMs,
    signal: new AbortController().signal,
    snapshot: { epoch: 0 },
    principal: trustedCaller,
    journal,
    span: journal.start('request', 'trial', undefined),
  };
}

/** Whether it could not be had for want of memory, also where that was while it was loaded. */
export const isOutOfMemory = (error: unknown): boolean =>
  error instanceof InferError && (error.code === 'RESOURCE_EXHAUSTED' || isOutOfMemory(error.cause));

export const sentence = (error: unknown): string => asInferError(error).message;
