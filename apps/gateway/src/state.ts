/** What outlives a reload: keys, also those of issuers, quotas, the audit trail, and the buckets of the limits. */
import { createFailureBook, type FailureBook, type KeySources, openKeySources } from '@sheaf/identity';
import { InferError, monotonicClock } from '@sheaf/inference';
import { createMemoryLimiter, createRedisLimiter, type Limiter } from '@sheaf/limiter';
import { countingProblem, findRedis, isRedisUrl, type Mesh, type RedisFinding } from '@sheaf/mesh';
import { type ApiKey, createMemoryState, openState, type State } from '@sheaf/store';
import { createSecret } from '@sheaf/transport';
import { followKeys } from './key-follower.ts';
import { createKeyUses } from './key-uses.ts';

export interface GatewayState {
  readonly state: State;
  readonly limiter: Limiter;
  readonly keySources: KeySources;
  /** Who failed to authenticate lately. */
  readonly failures: FailureBook;
  /** The part of each limit that is counted here. */
  readonly share: number;
  /** Throws UNAVAILABLE while nobody can tell which ones count. */
  readonly keys: () => ReadonlyMap<string, ApiKey>;
  /** Whether anybody can tell. */
  readonly isFresh: () => boolean;
  readonly onKeyUse: (id: string, at: number) => void;
  /** Writes down when keys were last used. */
  readonly flushUses: () => Promise<void>;
  close(): Promise<void>;
}

export interface GatewayStateOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Whether the policies in force let API keys count. */
  readonly doKeysCount?: () => boolean;
  /** Told when `isFresh` answers something else than before. */
  readonly onFresh?: () => void;
}

/** A folder without policies has nothing to remember, and gets no file. `REDIS_URL`, or the file that `REDIS_URL_FILE` names, says where the gateways of a mesh count together. */
export async function openGatewayState(
  mesh: Mesh,
  { env = process.env, doKeysCount = () => true, onFresh = () => {} }: GatewayStateOptions = {},
): Promise<GatewayState> {
  const redis = mesh.policies && findRedis(env);
  checkCounting(mesh, redis);
  const state = mesh.policies ? await openState(mesh.folder) : createMemoryState();
  const part = 1 / mesh.gateway.replicas;
  const own = createMemoryLimiter({ now: monotonicClock.now, wallNow: Date.now, quotas: state.quotas });
  const whenGone = mesh.policies?.limiter.whenGone ?? 'share';
  const limiter = redis?.place
    ? await createRedisLimiter({
        url: redisUrl(redis.place, env),
        whenGone,
        share: part,
        fallback: own,
        onReachable: tellReachable,
      })
    : own;
  const keys = await followKeys(state, { clock: monotonicClock, log: console.error, doCount: doKeysCount, onFresh });
  const uses = createKeyUses(state.keys);
  return {
    state,
    limiter,
    keySources: openKeySources(),
    failures: createFailureBook(),
    share: limiter === own ? part : 1,
    keys: keys.now,
    isFresh: keys.isFresh,
    onKeyUse: uses.note,
    flushUses: uses.flush,
    close: async () => {
      keys.end();
      await uses.end();
      await limiter.close();
      await state.close();
    },
  };
}

/** Whoever checked the folder may have had another environment. */
function checkCounting({ gateway, policies }: Mesh, redis: RedisFinding | undefined): void {
  if (!policies) return;
  if (redis?.problem) throw new InferError('FAILED_PRECONDITION', `${redis.variable}: ${redis.problem}`);
  const wrongCount = countingProblem(gateway.replicas, policies, redis !== undefined);
  if (wrongCount) throw new InferError('FAILED_PRECONDITION', `policies.yaml: limits: ${wrongCount}`);
}

/** What stands in a file counts from the next connection on; what is no URL does not. */
function redisUrl(place: NonNullable<RedisFinding['place']>, env: NodeJS.ProcessEnv): () => string {
  const secret = createSecret('the URL of Redis', place, { env });
  let last = secret();
  return () => {
    const read = secret();
    if (isRedisUrl(read)) last = read;
    return last;
  };
}

function tellReachable(isReachable: boolean, code?: string): void {
  console.error(
    isReachable
      ? 'limits are counted in Redis'
      : `limits cannot be counted in Redis (${code}): until they can, they are counted as policies.yaml says`,
  );
}
