/** What a call costs: its expression for each model call of the plan, or of those that were made, summed. */
import { type CallContext, elementCount, type InferRequest, rowCount } from '@sheaf/inference';
import { type Evaluate, ExpressionError } from '@sheaf/rules';

/** What the limits need to know of what a call sets off. */
export interface Plans {
  /** The models and transforms that a call for this will ask, one for each time; undefined for a name that is not there. */
  callsOf(model: string, version: string): readonly string[] | undefined;
  /** How long one of them usually takes for so many rows; undefined while that is not known. */
  usualMs(name: string, rows: number): number | undefined;
}

/** One model call, and the milliseconds that it takes or took. */
export interface Call {
  readonly ms: number;
}

/** What a model takes that nobody has measured yet. */
const unknownMs = 1;

export function plannedCalls(request: InferRequest, plans: Plans): Call[] {
  const rows = rowCount(request.inputs);
  const names = plans.callsOf(request.model, request.version) ?? [];
  return names.map((name) => ({ ms: plans.usualMs(name, rows) ?? unknownMs }));
}

/** The calls that were made since the journal had so many spans. */
export function madeCalls({ journal }: CallContext, since: number): Call[] {
  return journal.spans.slice(since).flatMap(({ kind, code, attributes, startMs, endMs }) => {
    if (kind !== 'try' || code !== 'OK') return [];
    const told = attributes['sheaf.cost_ms'];
    return [{ ms: typeof told === 'number' && told > 0 ? told : endMs - startMs }];
  });
}

/** More than any limit allows; a sum of large numbers stays a number. */
const costMax = 1e15;

/** Of nothing there is one: a request without rows sets its calls off like any other. */
const atLeastOne = (count: number): number => Math.max(1, count);

/** An expression that comes to nothing that can be charged counts each call as one: an odd request is no free one. */
export function costOf(cost: Evaluate<'number'>, request: InferRequest, calls: readonly Call[]): number {
  const facts = {
    inputBytes: atLeastOne(request.inputs.reduce((sum, { data }) => sum + data.byteLength, 0)),
    elements: atLeastOne(request.inputs.reduce((sum, { shape }) => sum + elementCount(shape), 0)),
    rows: rowCount(request.inputs),
  };
  const whole = calls.reduce((sum, { ms }) => {
    try {
      const value = cost({ ...facts, ms });
      return sum + (value >= 0 && Number.isFinite(value) ? value : 1);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      return sum + 1;
    }
  }, 0);
  return Math.min(whole, costMax);
}
