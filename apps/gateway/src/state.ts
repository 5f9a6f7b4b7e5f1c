/** What outlives a reload: keys, also those of issuers, quotas, the audit trail, and the buckets of the limits. */
import { createFailureBook, type FailureBook, type KeySources, openKeySources } from '@sheaf/identity';
import { InferError, monotonicClock } from '@sheaf/inference';
import { createMemoryLimiter, createRedisLimiter, type Limiter } from '@sheaf/limiter';
import { countingProblem, type Mesh, redisUrlProblem } from '@sheaf/mesh';
import { type ApiKey, createMemoryState, openState, type State } from '@sheaf/store';

export interface GatewayState {
  readonly state: State;
  readonly limiter: Limiter;
  readonly keySources: KeySources;
  /** Who failed to authenticate lately. */
  readonly failures: FailureBook;
  /** The part of each limit that is counted here. */
  readonly share: number;
  readonly keys: () => ReadonlyMap<string, ApiKey>;
  close(): Promise<void>;
}

/** A folder without policies has nothing to remember, and gets no file. `REDIS_URL` says where the gateways of a mesh count together. */
export async function openGatewayState(
  mesh: Mesh,
  { REDIS_URL: url }: NodeJS.ProcessEnv = process.env,
): Promise<GatewayState> {
  checkCounting(mesh, url);
  const state = mesh.policies ? await openState(mesh.folder) : createMemoryState();
  const part = 1 / mesh.gateway.replicas;
  const own = createMemoryLimiter({ now: monotonicClock.now, wallNow: Date.now, quotas: state.quotas });
  const whenGone = mesh.policies?.limiter.whenGone ?? 'share';
  const limiter =
    mesh.policies && url
      ? await createRedisLimiter({ url, whenGone, share: part, fallback: own, onReachable: tellReachable })
      : own;
  const keys = await followKeys(state);
  return {
    state,
    limiter,
    keySources: openKeySources(),
    failures: createFailureBook(),
    share: limiter === own ? part : 1,
    keys: keys.now,
    close: async () => {
      keys.end();
      await limiter.close();
      await state.close();
    },
  };
}

/** Whoever checked the folder may have had another environment. */
function checkCounting({ gateway, policies }: Mesh, url: string | undefined): void {
  if (!policies) return;
  const wrongUrl = url && redisUrlProblem(url);
  if (wrongUrl) throw new InferError('FAILED_PRECONDITION', `REDIS_URL: ${wrongUrl}`);
  const wrongCount = countingProblem(gateway.replicas, policies, url);
  if (wrongCount) throw new InferError('FAILED_PRECONDITION', `policies.yaml: limits: ${wrongCount}`);
}

/** A key that is made or taken back anywhere counts here within a second. */
async function followKeys(state: State) {
  let known: ReadonlyMap<string, ApiKey> = new Map();
  const read = async (): Promise<void> => {
    const keys = await state.keys.list();
    known = new Map(keys.map((key) => [key.id, key]));
  };
  const end = state.onKeysChanged(() => void read().catch((error: Error) => console.error(`keys: ${error.message}`)));
  await read();
  return { now: () => known, end };
}

function tellReachable(isReachable: boolean, code?: string): void {
  console.error(
    isReachable
      ? 'limits are counted in Redis'
      : `limits cannot be counted in Redis (${code}): until they can, they are counted as policies.yaml says`,
  );
}
