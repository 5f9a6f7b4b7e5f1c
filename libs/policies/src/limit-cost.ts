/** What a call costs: its expression for each model call of the plan, or of those that were made, summed. */
import { type ChargedCall, elementCount, type InferRequest, rowCount } from '@sheaf/inference';
import { type Evaluate, ExpressionError } from '@sheaf/rules';

/** What the limits need to know of what a call sets off. */
export interface Plans {
  /** The models and transforms that a call for this will ask, one for each time; undefined for a name that is not there. */
  callsOf(model: string, version: string): readonly string[] | undefined;
  /** How long one of them usually takes for so many rows; undefined while that is not known. */
  usualMs(name: string, rows: number): number | undefined;
}

/** One model call: what it is asked, and the milliseconds that it takes or took. */
export type MeasuredCall = Pick<ChargedCall, 'inputBytes' | 'elements' | 'rows'> & { readonly ms: number };

/** What a model takes that nobody has measured yet. */
const unknownMs = 1;

/** Each is taken to be asked as much as the request has: what is in between, nobody knows before. */
export function plannedCalls(request: InferRequest, plans: Plans): MeasuredCall[] {
  const { inputs } = request;
  const asked = {
    inputBytes: inputs.reduce((sum, { data }) => sum + data.byteLength, 0),
    elements: inputs.reduce((sum, { shape }) => sum + elementCount(shape), 0),
    rows: rowCount(inputs),
  };
  const names = plans.callsOf(request.model, request.version) ?? [];
  return names.map((name) => ({ ...asked, ms: plans.usualMs(name, asked.rows) ?? unknownMs }));
}

/** Those of the calls that were made that have had an answer of their own. */
export const answeredCalls = (made: readonly ChargedCall[]): MeasuredCall[] =>
  made.flatMap((call) => (call.ms === undefined ? [] : [{ ...call, ms: call.ms }]));

/** More than any limit allows; a sum of large numbers stays a number. */
const costMax = 1e15;

/** Of nothing there is one: a request without rows sets its calls off like any other. */
const atLeastOne = (count: number): number => Math.max(1, count);

/** An expression that comes to nothing that can be charged counts each call as one: an odd request is no free one. */
export function costOf(cost: Evaluate<'number'>, calls: readonly MeasuredCall[]): number {
  const whole = calls.reduce((sum, { inputBytes, elements, rows, ms }) => {
    const facts = { inputBytes: atLeastOne(inputBytes), elements: atLeastOne(elements), rows, ms };
    try {
      const value = cost(facts);
      return sum + (value >= 0 && Number.isFinite(value) ? value : 1);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      return sum + 1;
    }
  }, 0);
  return Math.min(whole, costMax);
}
