/** The edge from the gateway to one service: which endpoint a call goes to, what is learned from how it ends, and whether it is tried again. */
import {
  asInferError,
  type CallContext,
  checkAlive,
  checkTimeLeft,
  type Infer,
  type InferError,
  type InferRequest,
  type InferResponse,
  remainingMs,
  type Span,
  traced,
} from '@sheaf/inference';
import { type Breaker, type Outcome, outcomeOf, type Pass } from '@sheaf/layers';
import type { Resilience } from '@sheaf/mesh';
import {
  decideRetry,
  Ejector,
  isLost,
  isOverload,
  isUntouched,
  pickEndpoint,
  prefer,
  type Standing,
} from '@sheaf/routing';
import { circuitOpen, crashLoop, noEndpoint, overloadedAll, withAttempts } from './edge-refusals.ts';
import type { Guards, ServiceGuards } from './guards.ts';
import { LoneTries, type LoneTry } from './lone-tries.ts';
import type { KnownOutage } from './outages.ts';
import { pause } from './pause.ts';
import { type Blame, quarantined } from './quarantine.ts';
import { enterTraced } from './traced-breaker.ts';

/** An address of the service, as the edge sees it. */
export interface EdgeEndpoint {
  readonly target: string;
  readonly isReady: boolean;
  readonly busy: number;
  /** Of its places for calls of a model that wait, the part that is taken. */
  fullness(model: string): number;
  readonly infer: Infer;
}

export interface EdgeOptions {
  readonly service: string;
  /** As they are now. */
  readonly endpoints: () => readonly EdgeEndpoint[];
  readonly guards: Guards;
  readonly resilience: Resilience;
  /** Whether asking it twice does no more than asking it once. */
  readonly isPure: (model: string) => boolean;
  /** The version that answers when none is asked for; undefined where only the server knows. */
  readonly newestOf: (model: string) => string | undefined;
}

/** What calls have in common that take about as long as one another. */
interface Kind {
  readonly model: string;
  readonly version: string;
  readonly key: string;
}

/** One call, from its first try to its last. */
interface Call {
  readonly kind: Kind;
  readonly request: InferRequest;
  readonly context: CallContext;
  readonly usualMs: number | undefined;
  /** Endpoints that failed it; asked again only when there is no other. */
  readonly tried: Set<EdgeEndpoint>;
  /** Of those, the ones that had too much to do. */
  readonly overloaded: Set<EdgeEndpoint>;
  attempts: number;
  retries: number;
  /** Processes that were lost with it, or with the same request before. */
  lost: number;
}

interface Choice {
  readonly endpoint: EdgeEndpoint;
  readonly pass: Pass | undefined;
  /** It is the one call that finds out whether a breaker may close. */
  readonly isTrial: boolean;
  readonly isProbe: boolean;
}

export class Edge {
  readonly #options: EdgeOptions;
  readonly #own: ServiceGuards;
  readonly #ejector: Ejector<EdgeEndpoint>;
  /** Of each endpoint, by model and version. */
  readonly #breakers = new WeakMap<EdgeEndpoint, Map<string, Breaker>>();

  readonly #loneTries = new LoneTries<EdgeEndpoint>();

  constructor(options: EdgeOptions) {
    this.#options = options;
    this.#own = options.guards.of(options.service);
    this.#ejector = new Ejector(options.guards.now);
  }

  infer: Infer = async (request, context) => {
    const { resilience, guards } = this.#options;
    const kind = this.#kindOf(request);
    const usualMs = this.#own.times.usualMs(kind.key, guards.now());
    if (
      resilience.earlyRefusal &&
      remainingMs(context) < (usualMs ?? 0) &&
      !this.#own.times.takeTrial(kind.key, guards.now())
    )
      checkTimeLeft(context, usualMs ?? 0, `"${kind.model}"`, kind.model);
    const verdict = resilience.quarantine ? guards.quarantine.verdict({ ...kind, inputs: request.inputs }) : 'free';
    if (verdict === 'quarantined') return this.#refuse(context, quarantined(kind), { 'sheaf.quarantined': true });
    this.#own.budget.count();
    const none = { tried: new Set<EdgeEndpoint>(), overloaded: new Set<EdgeEndpoint>() };
    const call: Call = {
      kind,
      request,
      context,
      usualMs,
      ...none,
      attempts: 0,
      retries: 0,
      lost: verdict === 'suspect' ? 1 : 0,
    };
    for (;;) {
      const choice = await this.#choose(call);
      call.attempts++;
      try {
        return await this.#ask(call, choice);
      } catch (thrown) {
        const error = asInferError(thrown);
        call.tried.add(choice.endpoint);
        if (isOverload(error)) call.overloaded.add(choice.endpoint);
        await this.#goOn(call, error);
      }
    }
  };

  #kindOf({ model, version, inputs }: InferRequest): Kind {
    const exact = version || (this.#options.newestOf(model) ?? '');
    // What takes twice as many rows is another kind.
    const rows = Math.ceil(Math.log2(Math.max(1, inputs[0]?.shape[0] ?? 1)));
    return { model, version: exact, key: `${model}/${exact}/${rows}` };
  }

  /** Throws CIRCUIT_OPEN when every breaker is, and CRASH_LOOP when that is why nobody can be asked. */
  async #choose(call: Call): Promise<Choice> {
    const { service, guards, resilience } = this.#options;
    const { context, kind, tried } = call;
    const all = this.#options.endpoints();
    if (all.length === 0) throw noEndpoint(service);
    const open = all.filter((endpoint) => this.#lets(endpoint, kind));
    if (open.length < all.length)
      context.journal.mark(context.span, { 'sheaf.breakers_open': all.length - open.length });
    const standings: ReadonlyMap<EdgeEndpoint, Standing> = resilience.ejection
      ? this.#ejector.standings(all)
      : new Map();
    const ready = prefer(open, ({ isReady }) => isReady);
    const fresh = prefer(ready, (endpoint) => !tried.has(endpoint));
    const best = prefer(fresh, (endpoint) => standings.get(endpoint) !== 'out');
    const endpoint = pickEndpoint(best, guards.random, (one) => one.fullness(kind.model));
    if (!endpoint) return this.#refuseOpen(call, all);
    const isProbe = standings.get(endpoint) === 'probe';
    if (isProbe) this.#ejector.probe(endpoint);
    const breaker = this.#breakerOf(endpoint, kind);
    const pass = breaker && enterTraced(breaker, { ...kind, endpoint: endpoint.target }, context);
    return { endpoint, isProbe, pass, isTrial: breaker?.state === 'half-open' };
  }

  #refuseOpen({ context, kind, attempts }: Call, all: readonly EdgeEndpoint[]): Promise<never> {
    const { service } = this.#options;
    const outages = all.flatMap((endpoint) => {
      const outage = this.#outageOf(endpoint);
      return outage ? [{ endpoint: endpoint.target, ...outage }] : [];
    });
    const breakers = all.flatMap((endpoint) => {
      const breaker = this.#outageOf(endpoint) ? undefined : this.#breakerOf(endpoint, kind);
      return breaker ? [{ endpoint: endpoint.target, breaker }] : [];
    });
    const refused = { ...kind, service };
    const [first, ...others] = outages;
    const error =
      first && breakers.length === 0
        ? crashLoop(refused, [first, ...others], context)
        : circuitOpen(refused, breakers, context);
    const attributes = { 'sheaf.breaker': 'open', 'sheaf.attempt': attempts + 1 };
    return this.#refuse(context, withAttempts(error, attempts), attributes);
  }

  /** A try that no endpoint was asked for. */
  #refuse(context: CallContext, error: InferError, attributes: Span['attributes']): Promise<never> {
    return traced(context, 'try', this.#options.service, () => Promise.reject(error), attributes);
  }

  async #ask(call: Call, { endpoint, pass, isProbe, isTrial }: Choice): Promise<InferResponse> {
    const { context, request, kind, attempts } = call;
    const { now, quarantine } = this.#options.guards;
    const startedAt = now();
    const givenMs = remainingMs(context);
    // Behind those that it has already.
    const expectedMs = call.usualMs === undefined ? undefined : call.usualMs * (endpoint.busy + 1);
    const learn = (error: InferError | undefined): void => {
      const tookMs = now() - startedAt;
      const { slowMs } = this.#options.resilience;
      const outcome = outcomeOf({ error, tookMs, givenMs, expectedMs, slowMs });
      // A trial that did not get there, say on a connection that is not up again yet, has found nothing out.
      pass?.end(isTrial && error && isUntouched(error) ? 'ignored' : outcome);
      this.#ejector.record(endpoint, endedCall(outcome, kind.key, tookMs), isProbe);
      if (!error) this.#own.times.record(kind.key, tookMs, startedAt);
    };
    const lone = call.lost > 0 ? this.#loneTries.begin(endpoint) : undefined;
    try {
      const response = await endpoint.infer(request, { ...context, attempt: attempts, alone: lone !== undefined });
      learn(undefined);
      if (this.#options.resilience.quarantine) quarantine.clear({ ...kind, inputs: request.inputs });
      return response;
    } catch (thrown) {
      const error = asInferError(thrown);
      learn(error);
      const blame = blameOf(error, lone);
      if (blame && this.#options.resilience.quarantine)
        quarantine.blame({ ...kind, inputs: request.inputs }, blame, error.metadata.run);
      throw error;
    } finally {
      lone?.end();
    }
  }

  /** Returns when the call is to be tried again; throws when the error is its answer. */
  async #goOn(call: Call, error: InferError): Promise<void> {
    const { context, kind, tried, overloaded, retries } = call;
    const { service, guards, resilience, isPure } = this.#options;
    const open = this.#options.endpoints().filter((endpoint) => this.#lets(endpoint, kind));
    const candidates = prefer(open, ({ isReady }) => isReady);
    if (isOverload(error) && candidates.every((endpoint) => overloaded.has(endpoint)))
      throw withAttempts(overloadedAll(service, error), call.attempts);
    // Nothing was done, so this is no second try; but to ask everybody is what a mesh that has too much to do can do least.
    if (isUntouched(error) && candidates.some((endpoint) => !tried.has(endpoint))) {
      if (!isOverload(error) || this.#pay(call)) return;
      throw withAttempts(error, call.attempts);
    }
    if (isLost(error)) call.lost++;
    const failed = { error, isPure: isPure(kind.model), retries, lost: call.lost, usualMs: call.usualMs };
    const decision = decideRetry({ ...failed, remainingMs: remainingMs(context) }, guards.random);
    if (!resilience.retry || decision.kind === 'give-up') throw withAttempts(error, call.attempts);
    // Who says when to come back is there.
    if (error.retryAfterMs === undefined && !this.#isAnyReady()) throw withAttempts(error, call.attempts);
    await pause(decision.delayMs, context);
    checkAlive(context, `service ${service}`);
    if (!this.#isAnyReady()) throw withAttempts(error, call.attempts);
    if (!this.#pay(call)) throw withAttempts(error, call.attempts);
    call.retries++;
  }

  /** Whether the budget has one more try. */
  #pay({ context }: Call): boolean {
    const paid = this.#own.budget.take();
    if (!paid) context.journal.mark(context.span, { 'sheaf.retry': 'no budget' });
    return paid;
  }

  #isAnyReady(): boolean {
    return this.#options.endpoints().some((endpoint) => endpoint.isReady && !this.#outageOf(endpoint));
  }

  /** An endpoint that is not well by its own word is not the one to try whether it is well again. */
  #lets(endpoint: EdgeEndpoint, kind: Kind): boolean {
    if (this.#outageOf(endpoint)) return false;
    const breaker = this.#breakerOf(endpoint, kind);
    return !breaker || (breaker.letsThrough && (breaker.state !== 'open' || endpoint.isReady));
  }

  #outageOf({ target }: EdgeEndpoint): KnownOutage | undefined {
    return this.#options.guards.outages.of(this.#options.service, target);
  }

  #breakerOf(endpoint: EdgeEndpoint, { model, version }: Kind): Breaker | undefined {
    const { service, guards, resilience } = this.#options;
    if (!resilience.breaker) return undefined;
    const own = this.#breakers.get(endpoint) ?? new Map<string, Breaker>();
    this.#breakers.set(endpoint, own);
    const key = `${model}/${version}`;
    const breaker = own.get(key) ?? guards.breakers.of({ service, endpoint: endpoint.target, model, version });
    own.set(key, breaker);
    return breaker;
  }
}

/** Of a run past its limit, and of a lone try whose process is gone; undefined for all else. */
function blameOf(error: InferError, lone: LoneTry | undefined): Blame | undefined {
  if (error.metadata.process_ends === 'true') return error.metadata.batch_calls === '1' ? 'sure' : 'shared';
  return lone && isLost(error) ? (lone.wasOnly ? 'sure' : 'shared') : undefined;
}

const endedCall = (outcome: Outcome, kind: string, tookMs: number) =>
  outcome === 'ignored' ? undefined : { isGood: outcome !== 'failure', kind, tookMs };
