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

export function openFakeService(
  behaviours: readonly Behave[],
  policies: Partial<OutboundPolicies> = {},
  random = () => 0.5,
  isSupervised = true,
) {
  let now = 0;
  const transitions: string[] = [];
  const pass = (ms: number): void => {
    now += ms;
  };
  const endpoints = behaviours.map((behave, index): FakeEndpoint => {
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
  });
  const state = createResilienceState({
    now: () => now,
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
  const contextOf = (
    timeoutMs: number,
    journal = new Journal(),
    patience: Patience = 'never',
    tenant: string | undefined = undefined,
  ): CallContext => ({
    patience,
    ...(tenant !== undefined && { principal: principalOf(tenant) }),
    clock: {
      now: () => now,
      after: (delayMs, task) => {
        pass(delayMs);
        queueMicrotask(task);
        return () => {};
      },
    },
    deadline: now + timeoutMs,
    signal: new AbortController().signal,
    snapshot: { epoch: 1 },
    journal,
    span: journal.start('request', 'test', undefined),
  });
  const ask = (
    options: {
      model?: string;
      rows?: number;
      timeoutMs?: number;
      journal?: Journal;
      patience?: Patience;
      tenant?: string;
    } = {},
  ) => {
    const { model = 'm', rows = 1, timeoutMs = 5_000, journal, patience = 'never', tenant } = options;
    return infer(requestOf(model, rows), contextOf(timeoutMs, journal, patience, tenant));
  };
  /** How many of so many calls were answered, one after the other. */
  const answered = async (calls: number, options: Parameters<typeof ask>[0] = {}): Promise<number> => {
    let good = 0;
    for (let call = 0; call < calls; call++)
      await ask(options).then(
        () => good++,
        () => {},
      );
    return good;
  };
  return { endpoints, state, transitions, ask, answered, wait: pass, now: () => now };
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
