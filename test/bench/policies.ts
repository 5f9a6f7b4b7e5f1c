/** What the policies take of a CPU for an admitted call, in this process: API key, authorisation, priority, visibility, route, four limits, what the answer tells. */
import { randomBytes } from 'node:crypto';
import * as grpc from '@grpc/grpc-js';
import { createApiKey, createAuthenticate } from '@sheaf/identity';
import {
  type CallContext,
  type Infer,
  Journal,
  monotonicClock,
  type Principal,
  stack,
  tensorOf,
  trustedCaller,
} from '@sheaf/inference';
import { createMemoryLimiter } from '@sheaf/limiter';
import {
  compileLimits,
  createAdmission,
  createRoutes,
  createStrays,
  parsePolicies,
  policyLayers,
  RecentBuckets,
  type Shown,
} from '@sheaf/policies';
import { createMemoryState } from '@sheaf/store';

const calls = 20_000;
const method = '/inference.GRPCInferenceService/ModelInfer';
const x = tensorOf('x', 'FP32', [8, 64], new Float32Array(8 * 64));
const request = { model: 'digits', version: '', id: '', parameters: new Map(), inputs: [x], outputs: [] };
const nothing: Infer = async ({ model }) => ({ model, version: '1', parameters: new Map(), outputs: [] });

/** Wide enough that nobody is refused. */
const policies = {
  limits: [
    { name: 'burst', rate: '1000000/s', burst: 100_000_000, per: ['tenant'] },
    { name: 'at-once', concurrent: 10_000, per: ['key'] },
    { name: 'daily', quota: '100000000000/day', per: ['tenant', 'model'] },
    {
      name: 'work',
      rate: '1000000/s',
      burst: 1_000_000_000,
      cost: 'rows * ms + elements / 1000.0',
      models: ['digits-*'],
    },
  ],
  routes: { digits: { split: { 'digits-cnn': 90, 'digits-forest': 10 }, sticky: 'tenant', fallback: 'digits-kernel' } },
};

const grant = { tenant: 'acme', roles: ['infer'], models: ['digits', 'read-*'] } as const;

/** What stands before `core`, and a key that comes in. */
export interface PolicyWay {
  readonly admit: (shown: Shown) => Principal | Promise<Principal>;
  readonly infer: Infer;
  readonly key: string;
}

/** Policies of every kind, which refuse nobody that has the key. */
export function policyWay(core: Infer): PolicyWay {
  const { spec, problems } = parsePolicies(policies);
  if (!spec) throw new Error(`the bench has policies that cannot be read: ${JSON.stringify(problems)}`);
  const { key, text } = createApiKey(randomBytes, grant, 'bench', Date.now(), undefined);
  const keys = new Map([[key.id, key]]);
  const authenticate = createAuthenticate(spec.identity, { keys: () => keys, now: Date.now });
  const { quotas } = createMemoryState();
  const limiter = createMemoryLimiter({ now: monotonicClock.now, wallNow: Date.now, quotas });
  const plans = { callsOf: (model: string) => [model], usualMs: () => 2 };
  const limits = compileLimits(spec.limits, 1);
  const recent = new RecentBuckets();
  const strays = createStrays(limits, limiter, { recent });
  const routes = createRoutes(spec.routes);
  const infer = stack(
    policyLayers(spec, { routes, isReady: () => true, limits, limiter, plans, recent, strays }),
    core,
  );
  return { admit: createAdmission(authenticate, spec.open), infer, key: text };
}

function context(trailers: Map<string, string>, metadata: (key: string) => string | undefined): CallContext {
  const journal = new Journal(trailers);
  const { signal } = new AbortController();
  const span = journal.start('request', 'bench', undefined);
  const deadline = monotonicClock.now() + 10_000;
  return {
    clock: monotonicClock,
    deadline,
    signal,
    snapshot: { epoch: 1 },
    principal: trustedCaller,
    journal,
    span,
    metadata,
  };
}

/** CPU for each call of `run`, after a round that compiles. */
async function cpuUs(run: () => Promise<void>): Promise<number> {
  const round = async (): Promise<void> => {
    for (let call = 0; call < calls; call++) await run();
  };
  await round();
  const before = process.cpuUsage();
  await round();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

/** Microseconds of CPU that the policies add to a call, which has a context anyhow. */
export async function measurePolicies(): Promise<number> {
  const { admit, infer, key } = policyWay(nothing);
  const headers = new Map([
    ['x-api-key', key],
    ['x-priority', 'standard'],
  ]);
  const metadata = (name: string): string | undefined => headers.get(name);
  const bare = await cpuUs(async () => {
    await nothing(request, context(new Map(), metadata));
  });
  const whole = await cpuUs(async () => {
    const trailers = new Map<string, string>();
    const admitted = admit({ method, metadata, peer: undefined });
    const principal = admitted instanceof Promise ? await admitted : admitted;
    await infer(request, { ...context(trailers, metadata), principal });
    const answer = new grpc.Metadata();
    for (const [name, value] of trailers) answer.set(name, value);
  });
  return whole - bare;
}
