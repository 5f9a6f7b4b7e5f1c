/** Calls for the tests of this room: time stands still, and whoever is asked writes down what reached it. */
import {
  type CallContext,
  type Infer,
  InferError,
  type InferRequest,
  type InferResponse,
  Journal,
  type Layer,
  type Principal,
  tensorOf,
} from '@sheaf/inference';
import type { Limiter, Take } from '@sheaf/limiter';
import type { PoliciesSpec } from '../policies.ts';
import { parsePolicies } from '../policies.ts';

export const acme: Principal = {
  id: 'key:k1',
  tenant: 'acme',
  roles: ['infer'],
  models: ['*'],
  priority: 'standard',
  claims: {},
};

export const requestOf = (model: string, more: Partial<InferRequest> = {}): InferRequest => ({
  model,
  version: '',
  id: '',
  parameters: new Map(),
  inputs: [tensorOf('x', 'FP32', [2, 3], new Float32Array(6))],
  outputs: [],
  ...more,
});

const response = (model: string): InferResponse => ({ model, version: '1', parameters: new Map(), outputs: [] });

export interface Calling extends Omit<Partial<CallContext>, 'metadata'> {
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface CallerView {
  readonly context: CallContext;
  readonly trailers: ReadonlyMap<string, string>;
}

/** A deadline in 5 s, by a clock that stands at 0. */
export function contextOf({ metadata = {}, ...more }: Calling = {}): CallerView {
  const trailers = new Map<string, string>();
  const journal = new Journal(trailers);
  const context: CallContext = {
    clock: { now: () => 0, after: () => () => {} },
    deadline: 5_000,
    signal: new AbortController().signal,
    snapshot: { epoch: 1 },
    journal,
    span: journal.start('request', 'test', undefined),
    metadata: (key) => (Object.hasOwn(metadata, key) ? metadata[key] : undefined),
    principal: acme,
    ...more,
  };
  return { context, trailers };
}

/** Stands below a layer; `answers` may throw by name, or say what else the call does. */
export function recorder(answers: Readonly<Record<string, (context: CallContext) => void>> = {}) {
  const asked: { request: InferRequest; context: CallContext }[] = [];
  const infer: Infer = async (request, context) => {
    asked.push({ request, context });
    if (Object.hasOwn(answers, request.model)) answers[request.model]?.(context);
    return response(request.model);
  };
  return { infer, asked, models: () => asked.map(({ request }) => request.model) };
}

/** A layer over a recorder: what it refuses is answered, not thrown. */
export async function refusalOf(
  layer: Layer,
  model: string | InferRequest,
  calling: Calling = {},
): Promise<InferError | undefined> {
  const request = typeof model === 'string' ? requestOf(model) : model;
  try {
    await layer(recorder().infer)(request, contextOf(calling).context);
    return undefined;
  } catch (error) {
    if (error instanceof InferError) return error;
    throw error;
  }
}

/** What a document says; one with a mistake fails the test. */
export function policiesOf(document: unknown): PoliciesSpec {
  const { spec, problems } = parsePolicies(document);
  if (!spec) throw new Error(problems.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'));
  return spec;
}

/** Grants all, and writes down what is asked. */
export function fakeLimiter() {
  const taken: (readonly Take[])[] = [];
  const settled: (readonly number[] | undefined)[] = [];
  const holds: number[] = [];
  const limiter: Limiter = {
    take: (takes, holdMs) => {
      taken.push(takes);
      holds.push(holdMs);
      return { taken: true, receipt: { takes }, standings: takes.map(() => ({ remaining: 7.9, resetMs: 1_500 })) };
    },
    settle: (_, costs) => void settled.push(costs),
    standings: async () => [],
    close: async () => {},
  };
  return { limiter, taken, settled, holds };
}
