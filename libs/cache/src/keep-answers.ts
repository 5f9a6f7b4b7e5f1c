/** The cache as a layer: a call that was answered before is answered again without asking. */
import {
  boolParameter,
  type CallContext,
  dryRunParameter,
  explainParameter,
  type InferRequest,
  type InferResponse,
  type Layer,
} from '@sheaf/inference';
import { answerKey } from './answer-key.ts';
import type { AnswerStore } from './answer-store.ts';
import type { CacheRule } from './rules.ts';
import type { SharedCalls } from './shared-calls.ts';

/** How the answer to a call came: kept from before, asked for, from a call for the same that was under way, or asked for since nothing is kept of such a call. */
export type CacheResult = 'hit' | 'miss' | 'coalesced' | 'bypass';

export interface CacheTold {
  readonly model: string;
  /** Of the answer. */
  readonly version: string;
  readonly result: CacheResult;
}

export interface KeepAnswersPorts {
  /** Undefined where nothing of a name is kept. */
  readonly ruleOf: (model: string) => CacheRule | undefined;
  /** What stands for what answers a call: its version and content, and what it goes by beside the request. Undefined where nobody can tell: nothing is kept then. */
  readonly identityOf: (request: InferRequest, context: CallContext) => string | undefined;
  readonly store: AnswerStore;
  readonly calls: SharedCalls;
  /** Told of each call for a name that has a rule and that was answered. */
  readonly onAnswer?: ((told: CacheTold) => void) | undefined;
}

/** Parameters of answers that say that a part was missing: the next caller may have the whole. */
const incomplete = ['sheaf_degraded', 'sheaf_fallbacks', 'sheaf_failed', 'sheaf_unevaluated'];

/**
 * Stands where the version is known, and limits are behind it. Errors and answers without all of their parts are not kept. The caller is told by the trailers `x-cache`
 * and, of one that was kept, `age` in seconds; `cache-control: no-cache` of a call wants a new answer, `no-store` nothing kept of it either.
 */
export function keepAnswers({ ruleOf, identityOf, store, calls, onAnswer = () => {} }: KeepAnswersPorts): Layer {
  return (next) => async (request, context) => {
    const rule = ruleOf(request.model);
    if (!rule) return next(request, context);
    const wish = wishOf(context);
    const identity = wish === 'no-store' || isAboutItself(request) ? undefined : identityOf(request, context);
    const answered = (result: CacheResult, response: InferResponse): InferResponse => {
      onAnswer({ model: request.model, version: response.version, result });
      context.journal.tell('x-cache', result);
      context.journal.mark(context.span, { 'sheaf.cache': result });
      return response;
    };
    if (identity === undefined) return answered('bypass', await next(request, context));
    const key = answerKey(request, identity, rule, context);
    const now = context.clock.now();
    const kept = wish === 'no-cache' ? undefined : store.get(key, now);
    if (kept) {
      context.journal.tell('age', String(Math.floor((now - kept.keptAt) / 1_000)));
      return answered('hit', kept.response);
    }
    const ask = async (own: CallContext): Promise<InferResponse> => {
      const response = await next(request, own);
      if (!incomplete.some((name) => response.parameters.has(name)))
        store.put(key, response, context.clock.now(), rule.keepMs);
      return response;
    };
    let result: CacheResult = 'miss';
    // One that wants a new answer joins no call that began before it.
    if (wish === 'no-cache') return answered(result, await ask(context));
    // A call that is shed first is no help to one that matters more.
    const shared = `${key} ${context.priority ?? ''}`;
    const response = await calls.run(shared, context, ask, () => {
      result = 'coalesced';
    });
    return answered(result, response);
  };
}

/** Its answer tells of this very call. */
const isAboutItself = (request: InferRequest): boolean =>
  boolParameter(request, explainParameter) || boolParameter(request, dryRunParameter);

/** What the caller says of the cache, as in HTTP; other directives say nothing here. */
function wishOf({ metadata }: CallContext): 'no-cache' | 'no-store' | undefined {
  const said =
    metadata?.('cache-control')
      ?.toLowerCase()
      .split(/\s*,\s*/) ?? [];
  if (said.includes('no-store')) return 'no-store';
  return said.includes('no-cache') || said.includes('max-age=0') ? 'no-cache' : undefined;
}
