/** A model behind a server, for the tests of this room: it echoes, waits or refuses. */
import assert from 'node:assert/strict';
import {
  abortReason,
  type CallContext,
  defaultLimits,
  elements,
  type Infer,
  InferError,
  type InferRequest,
  Journal,
  monotonicClock,
  type Tensor,
  tensorOf,
  trustedCaller,
} from '@sheaf/inference';
import { createServer, type Server } from '../server/server.ts';

/** Calls that the model `wait` holds, by their ids. */
export const held = new Map<string, () => void>();
export const cancelled: string[] = [];
export const journals: Journal[] = [];

/** `echo` answers at once, `wait` when it is let go or left, `refuse` with an error that has everything. */
export const core: Infer = async ({ model, id, inputs }, { signal, isolated }) => {
  if (model === 'refuse')
    throw new InferError('UNAVAILABLE', 'too much to do', {
      reason: 'OVERLOADED',
      metadata: { queue: '7' },
      decision: 'load:refuse/1',
      retryAfterMs: 50,
    });
  if (model === 'wait')
    await new Promise<void>((resolve, reject) => {
      held.set(id, resolve);
      signal.addEventListener('abort', () => {
        cancelled.push(id);
        reject(abortReason(signal));
      });
    });
  return {
    model,
    version: '1',
    parameters: new Map<string, string | boolean>([['who', 'me'], ...(isolated ? [['isolated', true] as const] : [])]),
    outputs: inputs.map((input) => ({ ...input, name: 'y' })),
  };
};

export const served = {
  infer: core,
  describe: (name: string) => ({ name, versions: ['1'], platform: 'test', inputs: [], outputs: [] }),
  isReady: () => true,
  load: () => ({ calls: 3, fixedMs: 2, rowMs: 0.5, utilization: 0.25 }),
  names: () => [],
  snapshot: () => ({ epoch: 1 }),
  onJournal: (journal: Journal) => void journals.push(journal),
};

export function contextOf(timeoutMs = 60_000, signal = new AbortController().signal): CallContext {
  const journal = new Journal();
  const span = journal.start('request', 'test', undefined);
  return {
    clock: monotonicClock,
    deadline: monotonicClock.now() + timeoutMs,
    signal,
    snapshot: { epoch: 0 },
    principal: trustedCaller,
    journal,
    span,
  };
}

const x = tensorOf('x', 'FP32', [2], Float32Array.of(1, -0));
export const requestFor = (model: string, changes: Partial<InferRequest> = {}): InferRequest => ({
  model,
  version: '',
  id: '',
  parameters: new Map([['flag', true]]),
  inputs: [x],
  outputs: [],
  ...changes,
});
export const floats = (tensor: Tensor | undefined): number[] =>
  Array.from(elements({ ...(tensor as Tensor), datatype: 'FP32' as const }));

export async function until(what: () => boolean, msMax = 10_000): Promise<void> {
  const end = performance.now() + msMax;
  while (!what()) {
    assert.ok(performance.now() < end, `it did not happen within ${msMax} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** On a free port unless told. */
export const openServer = async (port = 0): Promise<Server> => {
  const server = await createServer(
    { name: 'test', host: '127.0.0.1', port, limits: defaultLimits, mesh: true },
    served,
  );
  server.open();
  return server;
};

/** Resolves when `work` has succeeded once. */
export async function untilDone(work: () => Promise<unknown>): Promise<void> {
  const end = performance.now() + 10_000;
  for (;;) {
    const error = await work().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error === undefined) return;
    assert.ok(performance.now() < end, String(error));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
