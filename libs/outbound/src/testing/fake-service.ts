/** A service of fake endpoints and the upstream to it, for tests: time moves only when a call takes some or somebody says so. */
import {
  type CallContext,
  InferError,
  type InferErrorCode,
  type InferRequest,
  Journal,
  type Patience,
  type Principal,
  tensorOf,
  trustedCaller,
} from '@sheaf/inference';
import type { BreakerName } from '../breaker-registry.ts';
import type { UpstreamEndpoint } from '../call.ts';
import type { OutboundPolicies } from '../outbound-service.ts';
import { createResilienceState } from '../resilience-state.ts';
import { createUpstream } from '../upstream.ts';

const allOn: OutboundPolicies = {
  breaker: true,
  retry: true,
  ejection: true,
  earlyRefusal: true,
  quarantine: true,
  // It has tests of its own, and would hold back what others make fail.
  throttle: false,
};

/** What an endpoint does with a call: an error, or nothing. Time may pass meanwhile. */
export type Behave = (call: {
  readonly attempt: number;
  readonly isolated: boolean;
  readonly pass: (ms: number) => void;
}) => InferError | undefined | Promise<InferError | undefined>;

export const well: Behave = ({ pass }) => {
  pass(1);
  return undefined;
};
export const failingWith =
  (code: InferErrorCode, details: ConstructorParameters<typeof InferError>[2] = {}): Behave =>
  ({ pass }) => {
    pass(1);
    return new InferError(code, 'no', details);
  };

interface FakeEndpoint extends UpstreamEndpoint {
  isReady: boolean;
  behave: Behave;
  calls: number;
  full: number;
}

type Pass = (ms: number) => void;

function openEndpoint(behave: Behave, index: number, pass: Pass): FakeEndpoint {
  const endpoint: FakeEndpoint = {
    target: `endpoint-${index}`,
    isReady: true,
    busy: 0,
    full: 0,
    utilization: () => endpoint.full,
    behave,
    calls: 0,
    infer: async ({ model }, { attempt = 0, isolated = false }) => {
      endpoint.calls++;
      const error = await endpoint.behave({ attempt, isolated, pass });
      if (error) throw error;
      return { model, version: '1', parameters: new Map([['endpoint', index]]), outputs: [] };
    },
  };
  return endpoint;
}

/** What is asked, and by whom. */
interface Asked {
  readonly model?: string;
  readonly rows?: number;
  readonly timeoutMs?: number;
  readonly journal?: Journal;
  readonly patience?: Patience;
  readonly tenant?: string;
}

function contextOf(
  { timeoutMs = 5_000, journal = new Journal(), patience = 'never', tenant }: Asked,
  now: () => number,
  pass: Pass,
): CallContext {
  return {
    patience,
    principal: tenant === undefined ? trustedCaller : principalOf(tenant),
    clock: {
      now,
      after: (delayMs, task) => {
        pass(delayMs);
        queueMicrotask(task);
        return () => {};
      },
    },
    deadline: now() + timeoutMs,
    signal: new AbortController().signal,
    snapshot: { epoch: 1 },
    journal,
    span: journal.start('request', 'test', undefined),
  };
}

export function openFakeService(
  behaviours: readonly Behave[],
  policies: Partial<OutboundPolicies> = {},
  random = () => 0.5,
  isSupervised = true,
) {
  let nowMs = 0;
  const now = (): number => nowMs;
  const pass: Pass = (ms) => {
    nowMs += ms;
  };
  const transitions: string[] = [];
  const endpoints = behaviours.map((behave, index) => openEndpoint(behave, index, pass));
  const state = createResilienceState({
    now,
    random,
    onTransition: ({ endpoint }: BreakerName, { from, to }) => transitions.push(`${endpoint}: ${from} -> ${to}`),
  });
  const infer = createUpstream({
    service: 's',
    endpoints: () => endpoints,
    state,
    policies: { ...allOn, ...policies },
    isPure: (model) => model !== 'impure',
    newestOf: () => '3',
    isSupervised,
  });
  const ask = (asked: Asked = {}) => infer(requestOf(asked.model ?? 'm', asked.rows ?? 1), contextOf(asked, now, pass));
  /** How many of so many calls were answered, one after the other. */
  const answered = async (calls: number, asked: Asked = {}): Promise<number> => {
    let good = 0;
    for (let call = 0; call < calls; call++)
      await ask(asked).then(
        () => good++,
        () => {},
      );
    return good;
  };
  return { endpoints, state, transitions, ask, answered, wait: pass, now };
}

const principalOf = (tenant: string): Principal => ({
  id: `key:${tenant}`,
  tenant,
  roles: ['infer'],
  models: ['*'],
  priority: 'standard',
  claims: {},
});

const requestOf = (model: string, rows: number): InferRequest => ({
  model,
  version: '',
  id: '',
  parameters: new Map(),
  inputs: [tensorOf('x', 'FP32', [rows, 1], new Float32Array(rows))],
  outputs: [],
});
