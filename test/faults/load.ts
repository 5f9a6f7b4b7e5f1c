/** Load that does not wait for answers, and a record of what came of each call. */
import {
  asInferError,
  type Explanation,
  explainParameter,
  explanationParameter,
  type InferError,
  parseExplanation,
  type Tensor,
  tensorOf,
} from '@sheaf/inference';
import type { Remote } from '@sheaf/transport';
import { testContext } from '../support/mesh-folder.ts';
import { monotonicMs, newOperation, type Operation, type Outcome, type Stall } from './record.ts';

/** What one call asks for. */
export interface Ask {
  readonly model: string;
  readonly timeoutMs: number;
  /** Given the number of the call, which stages log. */
  readonly inputs: (id: number) => readonly Tensor[];
  readonly isPure?: boolean;
  /** Of the pipeline that is asked. Default 1. */
  readonly stages?: number;
  /** The caller leaves after this. */
  readonly cancelAfterMs?: number;
  /** What the answer says of the versions that made it. Default: the name and the version of each model, as explained. */
  readonly versionsOf?: (outputs: readonly Tensor[]) => string;
}

/** `ms` of work for the stages of the fault meshes. */
export const workFor = (ms: number) => (id: number) => [
  tensorOf('x', 'INT64', [2], BigInt64Array.of(BigInt(Math.round(ms * 1_000)), BigInt(id))),
];

const tickMs = 20;
/** Less says nothing. */
const stallMinMs = 15;

export class Recorder {
  readonly operations: Operation[] = [];
  readonly stalls: Stall[] = [];
  readonly #gateway: Remote;
  readonly #timer: NodeJS.Timeout;
  readonly #open = new Set<Promise<void>>();
  #lastTickAt = monotonicMs();

  constructor(gateway: Remote) {
    this.#gateway = gateway;
    this.#timer = setInterval(() => this.#tick(), tickMs).unref();
  }

  /** Calls, and answers what came of it. */
  call(ask: Ask): Promise<Operation> {
    const operation = newOperation(
      this.operations.length + 1,
      ask.timeoutMs,
      ask.isPure ?? true,
      ask.model.startsWith('ask-'),
    );
    operation.stages = ask.stages ?? 1;
    this.operations.push(operation);
    const work = this.#send(ask, operation);
    this.#open.add(work);
    void work.finally(() => this.#open.delete(work));
    return work.then(() => operation);
  }

  /** Resolves when every call has ended. */
  async drained(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = monotonicMs();
    const ms = now - this.#lastTickAt - tickMs;
    if (ms > stallMinMs) this.stalls.push({ at: now, ms });
    this.#lastTickAt = now;
  }

  async #send(ask: Ask, operation: Operation): Promise<void> {
    const controller = new AbortController();
    const leave = (): void => {
      operation.cancelledAt = monotonicMs();
      controller.abort();
    };
    const timer = ask.cancelAfterMs === undefined ? undefined : setTimeout(leave, ask.cancelAfterMs);
    const context = testContext({ timeoutMs: ask.timeoutMs, signal: controller.signal });
    const request = {
      model: ask.model,
      version: '',
      id: String(operation.id),
      parameters: new Map([[explainParameter, true]]),
      inputs: ask.inputs(operation.id),
      outputs: [],
    };
    try {
      const { parameters, outputs } = await this.#gateway.infer(request, context);
      const path = parseExplanation(parameters.get(explanationParameter));
      if (path) Object.assign(operation, { attempts: triesIn(path), endpoint: endpointIn(path) });
      operation.versions = ask.versionsOf ? ask.versionsOf(outputs) : versionsIn(path);
      end(operation, 'ok', 'OK');
    } catch (thrown) {
      noteFailure(operation, asInferError(thrown));
    } finally {
      clearTimeout(timer);
    }
  }
}

function end(operation: Operation, outcome: Outcome, code: string): void {
  operation.ends++;
  operation.endedAt = monotonicMs();
  operation.outcome = outcome;
  operation.code = code;
}

function noteFailure(operation: Operation, error: InferError): void {
  const { code, reason, decision = '', metadata } = error;
  // Nothing was asked of a stage by what is refused before.
  const wasSent = reason !== 'DEADLINE_TOO_SHORT' && !decision.startsWith('throttle:') && reason !== 'CIRCUIT_OPEN';
  Object.assign(operation, { reason, decision, attempts: Number(metadata['attempts'] ?? (wasSent ? 1 : 0)) });
  const isTimeout = code === 'DEADLINE_EXCEEDED' && reason !== 'DEADLINE_TOO_SHORT';
  const outcome = operation.cancelledAt !== undefined ? 'cancelled' : isTimeout ? 'unknown' : 'fail';
  end(operation, outcome, code);
}

const spansOf = (path: Explanation): Explanation[] => [path, ...path.children.flatMap(spansOf)];

/** Of the gateway at the services; what a stage of another service asks is told there. */
const triesIn = (path: Explanation): number =>
  Math.max(1, spansOf(path).filter(({ kind, attributes }) => kind === 'try' && attributes?.['sheaf.endpoint']).length);

/** Of the last try that was answered. */
const endpointIn = (path: Explanation): string =>
  String(spansOf(path).findLast(({ kind, code }) => kind === 'try' && code === 'OK')?.attributes?.['sheaf.endpoint']);

/** `name=version` of each try that answered, sorted. */
const versionsIn = (path: Explanation | undefined): string =>
  (path ? spansOf(path) : [])
    .flatMap(({ kind, code, attributes = {} }) =>
      kind === 'try' && code === 'OK' ? [`${attributes['sheaf.model']}=${attributes['sheaf.version']}`] : [],
    )
    .sort()
    .join(' ');

export interface RunningLoad {
  /** Calls a second from now on. */
  ratePerSecond: number;
  /** Resolves when no more calls begin. */
  stop(): Promise<void>;
}

/** Open loop: calls begin at times that are drawn beforehand (a Poisson process), whatever became of those before. */
export function startLoad(ratePerSecond: number, random: () => number, begin: () => void): RunningLoad {
  let going = true;
  const load = { ratePerSecond };
  const run = async (): Promise<void> => {
    let dueAt = monotonicMs();
    while (going) {
      for (const now = monotonicMs(); dueAt <= now && going; ) {
        begin();
        dueAt += (-Math.log(1 - random()) * 1_000) / load.ratePerSecond;
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  const ended = run();
  return Object.assign(load, {
    stop: async () => {
      going = false;
      await ended;
    },
  });
}

/** Answers a second when there are always so many calls in flight. */
export async function measureCapacity(call: () => Promise<Operation>, inFlight: number, ms: number): Promise<number> {
  const began = monotonicMs();
  let answers = 0;
  const lane = async (): Promise<void> => {
    while (monotonicMs() - began < ms) if ((await call()).outcome === 'ok') answers++;
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return (answers * 1_000) / (monotonicMs() - began);
}
