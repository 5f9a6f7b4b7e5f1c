/** What outlives a reload: keys, also those of issuers, quotas, the audit trail, and the buckets of the limits. */
import {
  createFailureBook,
  createKeyUses,
  type FailureBook,
  followKeys,
  type KeySources,
  openKeySources,
} from '@sheaf/identity';
import { InferError, log, monotonicClock } from '@sheaf/inference';
import { createMemoryLimiter, type Limiter, type SharedBackend } from '@sheaf/limiter';
import { countingProblem, findShared, type Mesh, type SharedFinding } from '@sheaf/mesh';
import { type ApiKey, createMemoryState, openState, type State } from '@sheaf/store';
import { createSecret } from '@sheaf/transport';

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

/** A folder without policies has nothing to remember, and gets no file. The variable of a backend, such as `REDIS_URL`, or the file that `REDIS_URL_FILE` names, says where the gateways of a mesh count together. */
export async function openGatewayState(
  mesh: Mesh,
  { env = process.env, doKeysCount = () => true, onFresh = () => {} }: GatewayStateOptions = {},
): Promise<GatewayState> {
  const shared = mesh.policies && findShared(env);
  checkCounting(mesh, shared);
  const state = mesh.policies ? await openState(mesh.folder) : createMemoryState();
  const part = 1 / mesh.gateway.replicas;
  const own = createMemoryLimiter({ now: monotonicClock.now, wallNow: Date.now, quotas: state.quotas });
  const whenGone = mesh.policies?.limiter.whenGone ?? 'share';
  const limiter = shared?.place
    ? await shared.backend.open({
        url: urlOf(shared, env),
        whenGone,
        share: part,
        fallback: own,
        onReachable: tellReachable(shared.backend),
      })
    : own;
  const keys = await followKeys(state, {
    clock: monotonicClock,
    log: (line, event) => log(event, line),
    doCount: doKeysCount,
    onFresh,
  });
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
function checkCounting({ gateway, policies }: Mesh, shared: SharedFinding | undefined): void {
  if (!policies) return;
  if (shared?.problem) throw new InferError('FAILED_PRECONDITION', `${shared.variable}: ${shared.problem}`);
  const wrongCount = countingProblem(gateway.replicas, policies, shared !== undefined);
  if (wrongCount) throw new InferError('FAILED_PRECONDITION', `policies.yaml: limits: ${wrongCount}`);
}

type Named = Extract<SharedFinding, { backend: SharedBackend }>;

/** What stands in a file counts from the next connection on; what is no URL does not. */
function urlOf({ backend, place }: Named, env: NodeJS.ProcessEnv): () => string {
  const secret = createSecret(`the URL of ${backend.title}`, place, { env });
  let last = secret();
  return () => {
    const read = secret();
    if (backend.isUrl(read)) last = read;
    return last;
  };
}

const tellReachable =
  ({ title }: SharedBackend) =>
  (isReachable: boolean, code?: string): void =>
    isReachable
      ? log('limits.shared', `limits are counted in ${title}`)
      : log(
          'limits.alone',
          `limits cannot be counted in ${title} (${code}): until they can, they are counted as policies.yaml says`,
          { code },
        );
