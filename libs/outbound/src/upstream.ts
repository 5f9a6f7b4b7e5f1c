/** The way from the gateway to one service: which endpoint a call goes to, what is learned from how it ends, and whether it is tried again. */
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
  rowCount,
  type Span,
  traced,
} from '@sheaf/inference';
import { decideRetry, Ejector, pickEndpoint, prefer, type Standing } from '@sheaf/routing';
import { tenantOf } from './caller.ts';
import type { CallerBreaker, FairBreaker } from './fair-breaker.ts';
import type { KnownOutage } from './outages.ts';
import type { OutboundPolicies } from './outbound-service.ts';
import { outcomeOf } from './outcome.ts';
import { pause } from './pause.ts';
import type { ResilienceState, ServiceState } from './resilience-state.ts';
import { RestartWaits } from './restart-waits.ts';
import { Siblings } from './siblings.ts';
import { Stays } from './stays.ts';
import { enterTraced } from './traced-breaker.ts';
import { type Call, type Choice, endedCall, endOf, type Kind, type UpstreamEndpoint } from './upstream-call.ts';
import { circuitOpen, crashLoop, noEndpoint, overloadedAll, withAttempts } from './upstream-refusals.ts';
import { blame, type Judged, judge } from './upstream-verdict.ts';
import { WorkAhead } from './work-ahead.ts';

export interface UpstreamOptions {
  readonly service: string;
  /** As they are now. */
  readonly endpoints: () => readonly UpstreamEndpoint[];
  readonly resilienceState: ResilienceState;
  readonly resilience: OutboundPolicies;
  /** Whether asking it twice does no more than asking it once. */
  readonly isPure: (model: string) => boolean;
  /** The version that answers when none is asked for; undefined where only the server knows. */
  readonly newestOf: (model: string) => string | undefined;
  /** Whether its processes are started again when they end. */
  readonly isSupervised: boolean;
}

export class Upstream {
  readonly #options: UpstreamOptions;
  readonly #own: ServiceState;
  readonly #ejector: Ejector<UpstreamEndpoint>;
  /** Of each endpoint, by model and version. */
  readonly #breakers = new WeakMap<UpstreamEndpoint, Map<string, FairBreaker>>();
  readonly #work = new WeakMap<UpstreamEndpoint, WorkAhead>();

  readonly #waits: RestartWaits;
  readonly #stays = new Stays<UpstreamEndpoint>();
  readonly #siblings = new Siblings();

  constructor(options: UpstreamOptions) {
    this.#options = options;
    this.#own = options.resilienceState.getOrCreate(options.service);
    this.#ejector = new Ejector(options.resilienceState.now);
    this.#waits = new RestartWaits(options.service);
  }

  infer: Infer = async (request, context) => {
    const { resilience, resilienceState } = this.#options;
    const kind = this.#kindOf(request);
    const { times } = this.#own;
    const [tenant, now, leftMs] = [tenantOf(context), resilienceState.now(), remainingMs(context)];
    const needsMs = resilience.earlyRefusal ? times.needsMs(tenant, kind.key, leftMs, now) : 0;
    if (leftMs < needsMs) checkTimeLeft(context, needsMs, `"${kind.model}"`, kind.model);
    const asked = { service: this.#options.service, kind, request, context };
    const judged: Judged = resilience.quarantine ? judge(resilienceState, asked) : { lost: 0 };
    if ('refusal' in judged) return this.#refuse(context, judged.refusal, judged.attributes);
    this.#own.budgets.getOrCreate(tenant).count();
    const none = { tried: new Set<UpstreamEndpoint>(), overloaded: new Set<UpstreamEndpoint>() };
    const call: Call = {
      kind,
      request,
      context,
      ...times.of(tenant, kind.key, now),
      ...none,
      attempts: 0,
      retries: 0,
      lost: judged.lost,
      waitsUntil: undefined,
    };
    for (;;) {
      const choice = await this.#choose(call);
      call.attempts++;
      try {
        return await this.#ask(call, choice);
      } catch (thrown) {
        const error = asInferError(thrown);
        call.tried.add(choice.endpoint);
        if (error.isOverload) call.overloaded.add(choice.endpoint);
        await this.#goOn(call, error);
      }
    }
  };

  #kindOf({ model, version, inputs }: InferRequest): Kind {
    const exact = version || (this.#options.newestOf(model) ?? '');
    // What takes twice as many rows is another kind.
    const rows = Math.ceil(Math.log2(rowCount(inputs)));
    return { model, version: exact, key: `${model}/${exact}/${rows}` };
  }

  /** Throws CIRCUIT_OPEN when every breaker is, and CRASH_LOOP when that is why nobody can be asked. */
  async #choose(call: Call): Promise<Choice> {
    const { service, resilienceState, resilience } = this.#options;
    const { context, kind, tried } = call;
    const all = this.#options.endpoints();
    if (all.length === 0) throw noEndpoint(service);
    const open = all.filter((endpoint) => this.#lets(endpoint, call));
    if (open.length < all.length)
      context.journal.mark(context.span, { 'sheaf.breakers_open': all.length - open.length });
    const standings: ReadonlyMap<UpstreamEndpoint, Standing> = resilience.ejection
      ? this.#ejector.standings(all)
      : new Map();
    const ready = prefer(open, ({ isReady }) => isReady);
    const fresh = prefer(ready, (endpoint) => !tried.has(endpoint));
    const best = prefer(fresh, (endpoint) => standings.get(endpoint) !== 'out');
    const endpoint = pickEndpoint(best, resilienceState.random, (one) => one.utilization(kind.model));
    if (!endpoint) {
      // What was lost with the process may have opened its breaker, and who waited for it has time for that too.
      if (call.waitsUntil !== undefined && (await this.#isBack(call))) return this.#choose(call);
      return this.#refuseOpen(call, all);
    }
    const isProbe = standings.get(endpoint) === 'probe';
    if (isProbe) this.#ejector.probe(endpoint);
    const breaker = this.#breakerOf(endpoint, call);
    const pass = breaker && enterTraced(breaker, { ...kind, endpoint: endpoint.target }, context);
    return { endpoint, isProbe, pass, isTrial: breaker?.state === 'half-open' };
  }

  #refuseOpen(call: Call, all: readonly UpstreamEndpoint[]): Promise<never> {
    const { context, kind, attempts } = call;
    const { service } = this.#options;
    const outages = all.flatMap((endpoint) => {
      const outage = this.#outageOf(endpoint);
      return outage ? [{ endpoint: endpoint.target, ...outage }] : [];
    });
    const breakers = all.flatMap((endpoint) => {
      const breaker = this.#outageOf(endpoint) ? undefined : this.#breakerOf(endpoint, call);
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
    const { now, quarantine } = this.#options.resilienceState;
    const startedAt = now();
    const givenMs = remainingMs(context);
    const { usualMs } = call;
    const work = this.#workOf(endpoint);
    const aheadMs = work.ms(startedAt);
    // Behind those that it has already; calls of others there are taken to be like this one.
    const others = Math.max(0, endpoint.busy - work.calls);
    const isKnown = usualMs !== undefined && aheadMs !== undefined;
    const expectedMs = isKnown ? aheadMs + usualMs * (others + 1) : undefined;
    const own = work.begin(usualMs, startedAt);
    const isIsolated = call.lost > 0;
    const stay = this.#stays.begin(endpoint, { isIsolated, foreign: others, now: startedAt });
    const learn = (error: InferError | undefined): void => {
      const tookMs = now() - startedAt;
      const { slowMs = call.isOwn ? undefined : Number.POSITIVE_INFINITY } = this.#options.resilience;
      const outcome = outcomeOf({ error, tookMs, givenMs, expectedMs, isBehindOthers: others > 0, slowMs });
      for (const here of [own, stay]) here.end(endOf(error), now());
      // A trial that did not get there, say on a connection that is not up again yet, has found nothing out.
      pass?.end(isTrial && error && error.progress === 'not-begun' ? 'ignored' : outcome);
      this.#ejector.record(endpoint, endedCall(outcome, kind.key, tookMs), isProbe);
      if (!error) this.#own.times.record(tenantOf(context), kind.key, tookMs, startedAt);
    };
    const endSibling = this.#siblings.begin(context);
    try {
      const response = await endpoint.infer(request, { ...context, attempt: attempts, isolated: isIsolated });
      learn(undefined);
      if (this.#options.resilience.quarantine) quarantine.clear({ ...kind, inputs: request.inputs });
      return response;
    } catch (thrown) {
      const error = asInferError(thrown);
      learn(error);
      if (this.#options.resilience.quarantine)
        blame(this.#options.resilienceState, { ...call, service: this.#options.service }, error, stay);
      throw error;
    } finally {
      endSibling();
    }
  }

  /** Returns when the call is to be tried again; throws when the error is its answer. */
  async #goOn(call: Call, error: InferError): Promise<void> {
    const { context, kind, tried, overloaded, retries } = call;
    const { service, resilienceState, resilience, isPure } = this.#options;
    const open = this.#options.endpoints().filter((endpoint) => this.#lets(endpoint, call));
    const candidates = prefer(open, ({ isReady }) => isReady);
    if (error.isOverload && candidates.every((endpoint) => overloaded.has(endpoint)))
      throw withAttempts(overloadedAll(service, error, this.#siblings.of(context)), call.attempts);
    // Nothing was done, so this is no second try; but to ask everybody is what a mesh that has too much to do can do least.
    if (error.progress === 'not-begun' && candidates.some((endpoint) => !tried.has(endpoint))) {
      if (!error.isOverload || this.#pay(call)) return;
      throw withAttempts(error, call.attempts);
    }
    if (error.progress === 'lost') call.lost++;
    const failed = { error, isPure: isPure(kind.model), retries, lost: call.lost, usualMs: call.usualMs };
    const decision = decideRetry({ ...failed, remainingMs: remainingMs(context) }, resilienceState.random);
    if (!resilience.retry || decision.kind === 'give-up') throw withAttempts(error, call.attempts);
    // Who says when to come back is there.
    if (error.retryAfterMs === undefined && !(await this.#isBack(call))) throw withAttempts(error, call.attempts);
    await pause(decision.delayMs, context);
    checkAlive(context, `service ${service}`);
    if (!(await this.#isBack(call))) throw withAttempts(error, call.attempts);
    // Who has waited for another process asks it for the first time.
    if (call.waitsUntil === undefined && !this.#pay(call)) throw withAttempts(error, call.attempts);
    call.retries++;
  }

  /** Whether an endpoint is ready, at once or in the time that a stage may wait for one that is started again. */
  async #isBack(call: Call): Promise<boolean> {
    const isThere = (): boolean => this.#isAnyReady();
    if (isThere() && call.waitsUntil === undefined) return true;
    const { context } = call;
    const endpoints = this.#options.endpoints;
    const isLost = (): boolean => endpoints().every((endpoint) => this.#outageOf(endpoint) !== undefined);
    const isPatient = context.patience === 'always' || (context.patience === 'once-begun' && call.lost > 0);
    if (!this.#options.isSupervised || !isPatient || isLost()) return isThere();
    call.waitsUntil ??= this.#waits.until(context, call.usualMs);
    const isOpen = (): boolean => endpoints().some((endpoint) => endpoint.isReady && this.#lets(endpoint, call));
    return this.#waits.wait(call.waitsUntil, { isOpen, isLost }, context);
  }

  /** Whether the budget has one more try. */
  #pay({ context }: Call): boolean {
    const paid = this.#own.budgets.getOrCreate(tenantOf(context)).take();
    if (!paid) context.journal.mark(context.span, { 'sheaf.retry': 'no budget' });
    return paid;
  }

  #isAnyReady(): boolean {
    return this.#options.endpoints().some((endpoint) => endpoint.isReady && !this.#outageOf(endpoint));
  }

  /** An endpoint that is not well by its own word is not the one to try whether it is well again. */
  #lets(endpoint: UpstreamEndpoint, call: Call): boolean {
    if (this.#outageOf(endpoint)) return false;
    const breaker = this.#breakerOf(endpoint, call);
    return !breaker || (breaker.letsThrough && (breaker.state !== 'open' || endpoint.isReady));
  }

  #outageOf({ target }: UpstreamEndpoint): KnownOutage | undefined {
    return this.#options.resilienceState.outages.of(this.#options.service, target);
  }

  #workOf(endpoint: UpstreamEndpoint): WorkAhead {
    const known = this.#work.get(endpoint) ?? new WorkAhead();
    this.#work.set(endpoint, known);
    return known;
  }

  #breakerOf(endpoint: UpstreamEndpoint, { kind: { model, version }, context }: Call): CallerBreaker | undefined {
    const { service, resilienceState, resilience } = this.#options;
    if (!resilience.breaker) return undefined;
    const own = this.#breakers.get(endpoint) ?? new Map<string, FairBreaker>();
    this.#breakers.set(endpoint, own);
    const key = `${model}/${version}`;
    const breaker =
      own.get(key) ?? resilienceState.breakers.getOrCreate({ service, endpoint: endpoint.target, model, version });
    own.set(key, breaker);
    return breaker.getOrCreate(tenantOf(context));
  }
}
