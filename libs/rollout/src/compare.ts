/** Whether two versions have answered one call alike. */
import { type InferError, type InferResponse, type Tensor, unpackBytes } from '@sheaf/inference';
import { numbersOf } from './numbers-of.ts';
import type { Agreement } from './plan.ts';

/** How a call ended. */
export type Outcome = { readonly response: InferResponse } | { readonly error: InferError };

export interface Comparison {
  readonly agrees: boolean;
  /** The copy failed by itself, where the call was answered, or refused by a rule. */
  readonly isFailed: boolean;
  /** Rules that came out otherwise, by name. */
  readonly rules: readonly string[];
  readonly outputs: readonly ComparedOutput[];
  /** 0 for the same; 1 and more where labels, shapes or ends differ. */
  readonly score: number;
  /** What differs most, in words; '' where nothing does. */
  readonly why: string;
}

export interface ComparedOutput {
  readonly name: string;
  readonly agrees: boolean;
  /** The largest between two numbers in the same place; undefined where there are none to hold against one another. */
  readonly difference: number | undefined;
  readonly score: number;
  readonly why: string;
}

/** Elements of an output that are looked at one by one; of the rest only whether all bytes are the same. */
const elementsMax = 65_536;

export function compareOutcomes(champion: Outcome, shadow: Outcome, agreement: Agreement): Comparison {
  const rules = changedRules(champion, shadow);
  if ('error' in shadow && ruleOf(shadow.error) === undefined) {
    const why = `the copy failed: ${shadow.error.code}`;
    return { agrees: false, isFailed: true, rules: [], outputs: [], score: 2, why };
  }
  if ('error' in champion || 'error' in shadow) {
    const isSame = 'error' in champion && 'error' in shadow && rules.length === 0;
    const why = isSame ? '' : `rules came out otherwise: ${rules.join(', ')}`;
    return { agrees: isSame, isFailed: false, rules, outputs: [], score: isSame ? 0 : 2, why };
  }
  const theirs = new Map(shadow.response.outputs.map((output) => [output.name, output]));
  const outputs = champion.response.outputs.map((own) => compareOutput(own, theirs.get(own.name), agreement));
  const worst = outputs.toSorted((a, b) => b.score - a.score)[0];
  return {
    agrees: outputs.every(({ agrees }) => agrees),
    isFailed: false,
    rules,
    outputs,
    score: worst?.score ?? 0,
    why: worst?.why ?? '',
  };
}

/** The rule that refused a call, by name; undefined of what ended otherwise. */
export const ruleOf = ({ decision }: InferError): string | undefined =>
  decision?.startsWith('rule:') ? decision.slice('rule:'.length) : undefined;

/** The parameters in which a pipeline tells which rules acted, and which would have. */
const toldIn = ['sheaf_rules', 'sheaf_shadow'] as const;

/** The rules that acted, by name; of those that only would have too, under a name of their own. */
export function actingRules(outcome: Outcome): ReadonlySet<string> {
  if ('error' in outcome) {
    const rule = ruleOf(outcome.error);
    return new Set(rule === undefined ? [] : [rule]);
  }
  const { parameters } = outcome.response;
  return new Set(
    toldIn.flatMap((name) => {
      const told = parameters.get(name);
      return typeof told === 'string' && told !== '' ? told.split(', ') : [];
    }),
  );
}

function changedRules(champion: Outcome, shadow: Outcome): readonly string[] {
  const [own, their] = [actingRules(champion), actingRules(shadow)];
  return [...[...own].filter((rule) => !their.has(rule)), ...[...their].filter((rule) => !own.has(rule))];
}

function compareOutput(own: Tensor, their: Tensor | undefined, agreement: Agreement): ComparedOutput {
  const { name, shape, datatype } = own;
  const apart = (why: string, score = 2): ComparedOutput => ({
    name,
    agrees: false,
    difference: undefined,
    score,
    why,
  });
  if (!their) return apart(`there is no output "${name}"`);
  if (their.datatype !== datatype) return apart(`"${name}" is ${their.datatype}, not ${datatype}`);
  if (their.shape.join() !== shape.join()) return apart(`"${name}" has the shape [${their.shape}], not [${shape}]`);
  const isSame = Buffer.compare(own.data, their.data) === 0;
  if (datatype === 'BYTES') {
    if (isSame) return { name, agrees: true, difference: undefined, score: 0, why: '' };
    return apart(`"${name}" has ${otherTexts(own, their)} other texts`, 1);
  }
  if (isSame) return { name, agrees: true, difference: 0, score: 0, why: '' };
  return compareNumbers(own, their, agreement);
}

function otherTexts(own: Tensor, their: Tensor): number {
  const others = unpackBytes(their.data);
  return unpackBytes(own.data).filter((text, at) => Buffer.compare(text, others[at] ?? new Uint8Array()) !== 0).length;
}

function compareNumbers(own: Tensor, their: Tensor, { by, tolerance }: Agreement): ComparedOutput {
  const { name, shape } = own;
  const [a, b] = [numbersOf(own, elementsMax), numbersOf(their, elementsMax)];
  const isWhole = !own.datatype.includes('FP') && own.datatype !== 'BF16';
  const columns = shape.at(-1) ?? 1;
  const difference = largest(a, b);
  const isScores = by === 'labels' && !isWhole && columns > 1;
  const others = isWhole ? countOthers(a, b) : isScores ? otherRows(a, b, columns) : 0;
  const isNear = isWhole || isScores || withinTolerance(a, b, tolerance);
  const agrees = others === 0 && isNear;
  const near = difference / (1 + difference);
  // Infinity over infinity: as far apart as numbers are.
  const score = (agrees ? 0 : 1) + (Number.isFinite(near) ? near : 1);
  const why =
    isScores && !agrees ? `"${name}" has another label in ${others} rows` : `"${name}" is ${difference} apart`;
  return { name, agrees, difference, score, why };
}

const apartBy = (a: number, b: number): number => {
  if (Object.is(a, b) || a === b) return 0;
  const difference = Math.abs(a - b);
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
};

function largest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0;
  for (let at = 0; at < a.length; at++) most = Math.max(most, apartBy(a[at] as number, b[at] as number));
  return most;
}

function withinTolerance(a: ArrayLike<number>, b: ArrayLike<number>, tolerance: number): boolean {
  for (let at = 0; at < a.length; at++) {
    const [one, other] = [a[at] as number, b[at] as number];
    const size = Math.max(Math.abs(one), Math.abs(other));
    if (apartBy(one, other) > tolerance * (1 + (Number.isFinite(size) ? size : 0))) return false;
  }
  return true;
}

function countOthers(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let others = 0;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) others++;
  return others;
}

/** Rows whose largest column is another one. */
function otherRows(a: ArrayLike<number>, b: ArrayLike<number>, columns: number): number {
  let others = 0;
  for (let from = 0; from < a.length; from += columns)
    if (label(a, from, columns) !== label(b, from, columns)) others++;
  return others;
}

function label(values: ArrayLike<number>, from: number, columns: number): number {
  let best = from;
  for (let at = from + 1; at < Math.min(from + columns, values.length); at++)
    if ((values[at] as number) > (values[best] as number)) best = at;
  return best - from;
}
