import { elementCount, type Parameter, type Tensor, type TensorSpec } from '@sheaf/inference';
import { refused } from './before.ts';
import { changed, changedBy, changeMistake } from './change.ts';
import type { Decision } from './decision.ts';
import { type CelType, isReadable, type Variables } from './environment.ts';
import { checkExpression, type Evaluate, type Expression, ExpressionError } from './expression.ts';
import { isMistake, type Mistake, type RuleMistake } from './mistake.ts';
import type { AfterRule } from './spec.ts';
import { elementType, listType, toList } from './values.ts';

/** An output, and what its rows are: two outputs with the same `rows` have the same first dimension in every answer. */
export interface OutputRows extends TensorSpec {
  readonly rows: unknown;
}

export interface AfterResult {
  readonly outputs: readonly Tensor[];
  readonly labels: ReadonlyMap<string, Parameter>;
  readonly decisions: readonly Decision[];
}

/** `values` are those of the request; `outputs` all that the rules read or change and the caller wants. */
export type AfterRules = (outputs: readonly Tensor[], values: Readonly<Record<string, unknown>>) => AfterResult;

interface Compiled {
  readonly rule: AfterRule;
  readonly condition: Evaluate<'bool'> | undefined;
  readonly perRow: Evaluate<'bool'> | undefined;
  /** Outputs that its expressions and its action are about. */
  readonly reads: readonly string[];
  /** Outputs with the rows of `perRow`. */
  readonly aligned: ReadonlySet<string>;
}

/** Names of the outputs that a rule reads or changes. */
export function outputsOf(rule: AfterRule): string[] {
  const expressions = [
    rule.when,
    'where' in rule ? rule.where : undefined,
    rule.kind === 'keep' ? rule.keep : undefined,
  ];
  const read = expressions.flatMap((expression) =>
    (expression?.reads ?? []).flatMap(([root, field]) =>
      (root === 'outputs' || root === 'row') && field !== undefined ? [field] : [],
    ),
  );
  return [...new Set([...read, ...changedBy(rule)])];
}

/** The rules in their order, or a mistake for each that cannot be compiled. */
export function compileAfter(
  rules: readonly AfterRule[],
  variables: Variables,
  outputs: readonly OutputRows[],
  version: string,
): AfterRules | RuleMistake[] {
  const mistakes: RuleMistake[] = [];
  const compiled = rules.map((rule, index) => {
    const made = compile(rule, variables, outputs);
    if (isMistake(made)) mistakes.push({ index, ...made });
    return made as Compiled;
  });
  return mistakes.length > 0 ? mistakes : (tensors, values) => decide(compiled, tensors, values, version);
}

function compile(rule: AfterRule, variables: Variables, outputs: readonly OutputRows[]): Compiled | Mistake {
  const lists = Object.fromEntries(outputs.flatMap(({ name, datatype }) => fieldOf(name, listType(datatype))));
  const condition = rule.when && checkExpression(rule.when, { ...variables, outputs: lists }, 'bool');
  if (typeof condition === 'string') return { path: ['when'], message: condition };
  for (const name of changedBy(rule)) {
    const path = [rule.kind, name];
    const output = outputs.find((candidate) => candidate.name === name);
    if (!output)
      return { path, message: `there is no such output; the outputs are ${outputs.map((o) => o.name).join(', ')}` };
    const wrong = changeMistake(rule, output);
    if (wrong) return { path, message: wrong };
  }
  const expression = rule.kind === 'keep' ? rule.keep : 'where' in rule ? rule.where : undefined;
  const reads = outputsOf(rule);
  if (!expression) return { rule, condition, perRow: undefined, reads, aligned: new Set() };
  return compileRows(rule, expression, variables, outputs, { rule, condition, reads });
}

/** A condition over rows: all that it reads and changes must have the same ones. */
function compileRows(
  rule: AfterRule,
  expression: Expression,
  variables: Variables,
  outputs: readonly OutputRows[],
  made: Pick<Compiled, 'rule' | 'condition' | 'reads'>,
): Compiled | Mistake {
  const path = [rule.kind === 'keep' ? 'keep' : 'where'];
  const read = [...new Set(expression.reads.flatMap(([root, field = '']) => (root === 'row' ? [field] : [])))];
  const row = Object.fromEntries(
    outputs.flatMap(({ name, datatype, shape }) => {
      if (shape.length === 0) return [];
      return fieldOf(name, shape.length === 1 ? elementType(datatype) : listType(datatype));
    }),
  );
  const perRow = checkExpression(expression, { ...variables, row }, 'bool');
  if (typeof perRow === 'string') return { path, message: perRow };
  const [first] = outputs.filter(({ name }) => read.includes(name));
  if (!first) return { path, message: 'want a condition that reads row.<output>' };
  const aligned = new Set(outputs.filter((o) => o.shape.length > 0 && o.rows === first.rows).map(({ name }) => name));
  const other = [...read, ...changedBy(rule)].find((name) => !aligned.has(name));
  if (other !== undefined)
    return { path, message: `outputs "${first.name}" and "${other}" need not have the same rows` };
  const why = rule.kind === 'keep' && unclearRows(first, outputs, aligned);
  return why ? { path, message: why } : { ...made, perRow, aligned };
}

/** Why it cannot be told which rows a filter leaves in which outputs. */
function unclearRows(first: OutputRows, outputs: readonly OutputRows[], aligned: ReadonlySet<string>) {
  const { name, shape, symbols } = first;
  if (shape[0] !== -1)
    return `output "${name}" always has ${shape[0]} rows; want one whose first dimension is open, or replace values where the condition holds`;
  const isNamedApart = (other: OutputRows): boolean => {
    const [own = '', others = ''] = [symbols?.[0], other.symbols?.[0]];
    return own !== '' && others !== '' && own !== others;
  };
  const other = outputs.find((o) => o.shape[0] === -1 && !aligned.has(o.name) && !isNamedApart(o));
  return (
    other &&
    `it is not known whether output "${other.name}" has the rows of "${name}"; name the first dimensions where they are declared, as in shape: [rows, ...], alike or not`
  );
}

const fieldOf = (name: string, type: CelType | undefined): [string, CelType][] => (type ? [[name, type]] : []);

function decide(
  rules: readonly Compiled[],
  given: readonly Tensor[],
  values: Readonly<Record<string, unknown>>,
  version: string,
): AfterResult {
  let outputs = given;
  const labels = new Map<string, Parameter>();
  const decisions: Decision[] = [];
  for (const compiled of rules) {
    const { rule, condition, reads } = compiled;
    const { name, kind, shadow } = rule;
    const absent = reads.find((read) => !outputs.some((output) => output.name === read));
    if (absent !== undefined) {
      decisions.push({ rule: name, action: kind, outcome: 'failed', why: `output "${absent}" is absent` });
      continue;
    }
    try {
      const isMeant = !condition || condition({ ...values, outputs: listsOf(outputs, reads) });
      const rows = isMeant ? selected(compiled, outputs, values) : undefined;
      if (!isMeant || (rows && !rows.includes(rule.kind !== 'keep'))) {
        decisions.push({ rule: name, action: kind, outcome: 'passed' });
        continue;
      }
      decisions.push({ rule: name, action: kind, outcome: shadow ? 'would-act' : 'acted' });
      if (shadow) continue;
      if (rule.kind === 'refuse') throw refused(name, version, rule.refuse);
      if (rule.kind === 'label') for (const [key, value] of rule.label) labels.set(key, value);
      else outputs = outputs.map((output) => changed(rule, compiled.aligned, output, rows));
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      // The answer is there; a rule that cannot be evaluated does not take it away, but says so.
      decisions.push({ rule: name, action: kind, outcome: 'failed', why: error.message });
    }
  }
  return { outputs, labels, decisions };
}

const listsOf = (outputs: readonly Tensor[], names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(
    outputs.filter(({ name }) => names.includes(name) && isReadable(name)).map((o) => [o.name, toList(o)]),
  );

/** For each row, whether the rule is about it; undefined when it is about all. */
function selected(
  { perRow, reads, aligned }: Compiled,
  outputs: readonly Tensor[],
  values: Readonly<Record<string, unknown>>,
): boolean[] | undefined {
  if (!perRow) return undefined;
  const [first, ...others] = outputs.filter(({ name }) => aligned.has(name));
  const rows = first?.shape[0] ?? 0;
  // Models give what they give, whatever their files declare.
  const other = others.find(({ shape }) => shape[0] !== rows);
  if (other)
    throw new ExpressionError(`outputs "${first?.name}" and "${other.name}" have ${rows} and ${other.shape[0]} rows`);
  const columns = outputs
    .filter(({ name }) => reads.includes(name) && aligned.has(name) && isReadable(name))
    .map((output) => ({ output, list: toList(output) }));
  return Array.from({ length: rows }, (_, index) => {
    const row = Object.fromEntries(
      columns.map(({ output: { name, shape }, list }) => {
        const width = elementCount(shape.slice(1));
        return [name, shape.length === 1 ? list[index] : list.slice(index * width, (index + 1) * width)];
      }),
    );
    return perRow({ ...values, row });
  });
}
