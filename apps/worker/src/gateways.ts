/** The gateways of the mesh, as work is asked of them. */
import {
  type Infer,
  InferError,
  type InferResponse,
  innerLimits,
  type Load,
  type ModelDescription,
} from '@sheaf/inference';
import { createRemote, type Remote } from '@sheaf/transport';
import type { Task } from './task.ts';

export interface Gateways {
  /** At one that is ready, by turns; at another one where that has not begun. */
  readonly infer: Infer;
  /** What a version takes and gives. Throws InferError. */
  readonly describe: (model: string, version: string) => Promise<ModelDescription>;
  /** Whether any can be asked. */
  readonly isReady: boolean;
  close(): void;
}

export interface GatewaysPorts {
  readonly secret: string | undefined;
  /** Told with each answer how many callers wait for one at that gateway. */
  readonly onLoad: (load: Load) => void;
  /** Called when one can be asked again. */
  readonly onReady: () => void;
}

const describeMaxMs = 10_000;

/** `targets` are their internal servers. */
export function connectGateways(
  targets: readonly string[],
  { limits, tls }: Pick<Task, 'limits' | 'tls'>,
  { secret, onLoad, onReady }: GatewaysPorts,
): Gateways {
  const options = { service: 'gateway', limits: innerLimits(limits), transport: 'stream', tls, secret } as const;
  const ready = new Set<Remote>();
  const remotes = targets.map((target) => createRemote(target, { ...options, onLoad }));
  const watches = remotes.map((remote) =>
    remote.watchReady((isReady) => {
      if (!isReady) ready.delete(remote);
      else if (!ready.has(remote)) {
        ready.add(remote);
        onReady();
      }
    }),
  );
  let turn = 0;
  /** Those that are ready, the next one first. */
  const inTurn = (): readonly [Remote, ...Remote[]] => {
    const all = [...ready];
    const from = turn++ % Math.max(1, all.length);
    const [first, ...others] = [...all.slice(from), ...all.slice(0, from)];
    if (first) return [first, ...others];
    throw InferError.withoutStack('UNAVAILABLE', 'no gateway of the mesh is ready', {
      reason: 'NO_GATEWAY',
      progress: 'not-begun',
    });
  };
  return {
    infer: async (request, context) => {
      const [first, ...others] = inTurn();
      let asked = first.infer(request, context);
      for (const other of others)
        asked = asked.catch((error) => ifNotBegun(error, () => other.infer(request, context)));
      return asked;
    },
    describe: (model, version) => inTurn()[0].describe(model, version, describeMaxMs),
    get isReady() {
      return ready.size > 0;
    },
    close: () => {
      for (const end of watches) end();
      for (const remote of remotes) remote.close();
    },
  };
}

function ifNotBegun(error: unknown, ask: () => Promise<InferResponse>): Promise<InferResponse> {
  if (error instanceof InferError && error.code === 'UNAVAILABLE' && error.progress === 'not-begun') return ask();
  throw error;
}
