import { asInferError, checkAlive, type InferError, remainingMs } from '@sheaf/inference';
import { decideRetry, prefer, type RetryBudgets } from '@sheaf/routing';
import type { Availability } from './availability.ts';
import type { CallPolicy, OutboundCall, UpstreamEndpoint } from './call.ts';
import { pause } from './pause.ts';
import { overloadedAll, withAttempts } from './refusals.ts';
import type { Restarts } from './restart-waits.ts';
import type { Siblings } from './siblings.ts';

export interface RetryOptions {
  readonly service: string;
  /** False: only what an endpoint is sure not to have begun goes to another one. */
  readonly isOn: boolean;
  /** As they are now. */
  readonly endpoints: () => readonly UpstreamEndpoint[];
  /** Whether asking it twice does no more than asking it once. */
  readonly isPure: (model: string) => boolean;
  readonly budgets: RetryBudgets;
  readonly availability: Availability;
  readonly restarts: Restarts;
  readonly siblings: Siblings;
  /** Gives numbers in [0, 1). */
  readonly random: () => number;
}

/** Tries a call again that failed, where that may help, does no harm, and its tenant's budget pays for it. */
export function retry(options: RetryOptions): CallPolicy {
  return (next) => async (call) => {
    options.budgets.getOrCreate(call.tenant).count();
    let retries = 0;
    for (;;) {
      const { attempts } = call.history;
      try {
        return await next(call);
      } catch (thrown) {
        const error = asInferError(thrown);
        // No endpoint was asked, so there is nothing to try again.
        if (call.history.attempts === attempts) throw error;
        if (!goesElsewhere(call, error, options)) {
          await comeAgain(call, error, retries, options);
          retries++;
        }
      }
    }
  };
}

/** Whether another endpoint is asked at once. Nothing was done, so that is no second try; but to ask everybody is what a mesh that has too much to do can do least. */
function goesElsewhere(call: OutboundCall, error: InferError, options: RetryOptions): boolean {
  const { service, endpoints, availability, siblings } = options;
  const { context, history } = call;
  const open = endpoints().filter((endpoint) => availability.lets(endpoint, call));
  const candidates = prefer(open, ({ isReady }) => isReady);
  if (error.isOverload && candidates.every((endpoint) => history.wasOverloaded(endpoint)))
    throw withAttempts(overloadedAll(service, error, siblings.count(context)), history.attempts);
  if (error.progress !== 'not-begun' || candidates.every((endpoint) => history.hasTried(endpoint))) return false;
  if (error.isOverload && !pays(call, options)) throw withAttempts(error, history.attempts);
  return true;
}

/** Waits until the call is to be tried again; throws where the error is its answer. */
async function comeAgain(call: OutboundCall, error: InferError, retries: number, options: RetryOptions): Promise<void> {
  const { service, isOn, isPure, restarts, random } = options;
  const { context, kind, usualMs, history } = call;
  const giveUp = (): InferError => withAttempts(error, history.attempts);
  if (error.progress === 'lost') history.lose();
  const failed = { error, isPure: isPure(kind.model), retries, lost: history.lost, usualMs };
  const decision = decideRetry({ ...failed, remainingMs: remainingMs(context) }, random);
  if (!isOn || decision.kind === 'give-up') throw giveUp();
  // Who says when to come back is there.
  if (error.retryAfterMs === undefined && !(await restarts.isBack(call))) throw giveUp();
  await pause(decision.delayMs, context);
  checkAlive(context, `service ${service}`);
  if (!(await restarts.isBack(call))) throw giveUp();
  // Who has waited for another process asks it for the first time.
  if (history.waitsUntil === undefined && !pays(call, options)) throw giveUp();
}

/** Whether the budget has one more try. */
function pays({ context, tenant }: OutboundCall, { budgets }: RetryOptions): boolean {
  const paid = budgets.getOrCreate(tenant).take();
  if (!paid) context.journal.mark(context.span, { 'sheaf.retry': 'no budget' });
  return paid;
}
