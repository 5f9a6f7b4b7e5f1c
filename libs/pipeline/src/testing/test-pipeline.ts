/** A pipeline over fakes, for tests: time stands still until it is moved, and every model is a function. */
import assert from 'node:assert/strict';
import {
  type CallContext,
  type Clock,
  type Infer,
  type InferResponse,
  Journal,
  type Parameter,
  type Signature,
  type Tensor,
  trustedCaller,
} from '@sheaf/inference';
import { until } from '../engine/cancel.ts';
import {
  type AskModel,
  type AskPipeline,
  type CompiledPipeline,
  checkPipelines,
  createPipeline,
  type PipelineTarget,
  type Problem,
  parsePipeline,
  type Target,
} from '../index.ts';

/** Time that only moves when it is told to; timers fire in order as it does. */
export class FakeClock implements Clock {
  #now = 0;
  #timers: { at: number; task: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, delayMs), task };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Settles when the time has passed and whatever it set off has run. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await turn();
    for (;;) {
      const [next] = this.#timers.toSorted((a, b) => a.at - b.at);
      if (!next || next.at > until) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#now = next.at;
      next.task();
      await turn();
    }
    this.#now = until;
  }

  /** Moves to timer after timer until `done` has settled. */
  async until<T>(done: Promise<T>): Promise<T> {
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    done.then(mark, mark);
    await turn();
    while (!settled) {
      const [next] = this.#timers.toSorted((a, b) => a.at - b.at);
      assert.ok(next, 'the call waits, and nothing is under way');
      await this.advance(next.at - this.#now);
    }
    return done;
  }

  get timers(): number {
    return this.#timers.length;
  }
}

/** Lets every promise that can settle do so. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export interface FakeOptions {
  /** Other pipelines that it may ask. */
  readonly others?: readonly object[];
  readonly signatures: Readonly<Record<string, Signature>>;
  readonly models?: Readonly<Record<string, Infer>>;
  readonly clock?: FakeClock;
}

/** What is wrong with a document, as `path: message`. */
export function mistakes(document: object, { signatures, others = [] }: FakeOptions): string[] {
  const parsed = [document, ...others].map(parsePipeline);
  const specs = parsed.flatMap(({ spec }) => spec ?? []);
  const told = (problems: readonly Problem[]): string[] =>
    problems.map(({ path, message }) => `${path.join('.')}: ${message}`);
  const unread = parsed.flatMap(({ problems }) => told(problems));
  return unread.length > 0
    ? unread
    : checkPipelines(specs, signatureIn(signatures)).flatMap(({ problems }) => told(problems));
}

const nameOf = (target: Target): string => (target.kind === 'transform' ? target.path : target.name);
const signatureIn = (signatures: FakeOptions['signatures']) => (target: Target) =>
  Object.hasOwn(signatures, nameOf(target)) ? signatures[nameOf(target)] : undefined;

export interface Ask {
  readonly inputs: readonly Tensor[];
  readonly outputs?: readonly string[];
  readonly parameters?: Readonly<Record<string, Parameter>>;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly deadline?: number;
  readonly journal?: Journal;
  readonly principal?: CallContext['principal'];
}

/** Builds the first of the documents; a call moves the clock as far as it must, and ends at its deadline as at a gateway. */
export function buildPipeline(document: object, options: FakeOptions): (ask: Ask) => Promise<InferResponse> {
  assert.deepEqual(mistakes(document, options), []);
  const { signatures, models = {}, others = [], clock = new FakeClock() } = options;
  const specs = [document, ...others].flatMap((one) => parsePipeline(one).spec ?? []);
  const pipelines = new Map<string, CompiledPipeline>();
  const model = (target: Target): AskModel => {
    const name = nameOf(target);
    return (request, context) => {
      const infer = models[name];
      assert.ok(infer, `nobody fakes ${name}`);
      return infer({ ...request, model: name, version: '' }, context);
    };
  };
  const pipeline =
    ({ name }: PipelineTarget): AskPipeline =>
    (request, context) => {
      const other = pipelines.get(name);
      assert.ok(other, `nobody fakes ${name}`);
      return other.ask(request, context);
    };
  for (const { spec, checked } of checkPipelines(specs, signatureIn(signatures))) {
    assert.ok(checked);
    pipelines.set(spec.pipeline, createPipeline(checked, { model, pipeline }));
  }
  const { infer } = pipelines.get(specs[0]?.pipeline ?? '') as CompiledPipeline;
  return (ask) => {
    const context = contextOf(ask, clock);
    return clock.until(until(context.deadline, 'test', context, (inner) => infer(requestOf(ask), inner)));
  };
}

const requestOf = ({ inputs, outputs = [], parameters = {} }: Ask) => ({
  model: 'p',
  version: '',
  id: '',
  parameters: new Map(Object.entries(parameters)),
  inputs,
  outputs,
});

function contextOf(
  { signal, deadline = 1_000, metadata, journal = new Journal(), principal = trustedCaller }: Ask,
  clock: Clock,
): CallContext {
  const context: CallContext = {
    clock,
    deadline: clock.now() + deadline,
    signal: signal ?? new AbortController().signal,
    snapshot: { epoch: 0 },
    journal,
    span: journal.start('request', 'test', undefined),
    principal,
  };
  return metadata ? { ...context, metadata: (key) => metadata[key] } : context;
}
