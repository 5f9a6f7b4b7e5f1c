import type { Path } from '@sheaf/document';
import {
  type AfterRule,
  type AfterRules,
  type BeforeRule,
  type BeforeRules,
  compileAfter,
  compileBefore,
  outputsOf,
  type RuleMistake,
} from '@sheaf/rules';
import { readsInputs } from '../language/expressions.ts';
import type { Target } from '../language/target.ts';
import { pipelineName } from '../language/walk.ts';
import { variablesOf } from './check-expressions.ts';
import type { GraphTypes } from './graph-types.ts';
import type { NamedType } from './own-signature.ts';
import { identity, type Types, toSpec, Use, unlike } from './tensor-type.ts';

/** Undefined where a rule cannot be compiled. */
export function checkBefore(graph: GraphTypes, outputs: readonly NamedType[]): BeforeRules | undefined {
  const { spec, problems } = graph;
  const { inputs, rules, version } = spec;
  const open = inputs.filter(({ shape }) => shape[0] === -1);
  const rows = new Set(open.map(({ name }) => identity(graph.inputs.get(name)?.dims[0] ?? { size: 0, name: '' })));
  for (const [index, rule] of rules.before.entries()) {
    const path = ['rules', 'before', index];
    if (rule.kind === 'cap-rows' && rows.size > 1)
      problems.add(
        [...path, 'cap-rows'],
        `the first dimensions of the inputs need not be the same; give them one name, as in shape: [rows, ...]`,
      );
    const cut = rule.kind === 'cap-rows' && alsoColumns(graph.inputs);
    if (cut) problems.add([...path, 'cap-rows'], cut);
    if (rule.kind === 'reroute') checkReroute(graph, rule, outputs, [...path, 'reroute']);
  }
  const openNames = new Set(open.map(({ name }) => name));
  return told(graph, compileBefore(rules.before, variablesOf(spec), openNames, String(version)), 'before');
}

function alsoColumns(inputs: Types): string | undefined {
  for (const [
    name,
    {
      dims: [rows],
    },
  ] of inputs)
    for (const [other, { dims }] of inputs) {
      const axis = rows?.size === undefined ? dims.findIndex((dim, at) => at > 0 && dim === rows) : -1;
      if (axis > 0)
        return `the first dimension of input "${name}" is also shape[${axis}] of "${other}", which is not cut; give them two names`;
    }
  return undefined;
}

/** The other pipeline must take what callers of this one send, and give what they expect. */
function checkReroute(
  graph: GraphTypes,
  { reroute: to, when }: Extract<BeforeRule, { kind: 'reroute' }>,
  outputs: readonly NamedType[],
  path: Path,
): void {
  const { problems, inputs } = graph;
  const target: Target = { kind: 'pipeline', ...pipelineName(to) };
  const signature = graph.signatureOf(target);
  if (!signature) {
    problems.missing(path, target);
    return;
  }
  const use = new Use();
  const looked = when !== undefined && readsInputs(when);
  for (const want of signature.inputs) {
    const got = inputs.get(want.name);
    const mayLack = got?.maybeAbsent && !want.optional ? 'callers may leave it out here, and not there' : undefined;
    const why = got
      ? (use.accept(want, got, { looked }) ?? mayLack)
      : !want.optional && 'this pipeline has no such input';
    if (why) problems.add(path, `input "${want.name}" of ${to}: ${why}`);
  }
  const known = signature.outputs.map(({ name }) => name).join(', ');
  for (const { name, type } of outputs) {
    const other = signature.outputs.find((output) => output.name === name);
    const got = other && use.give(other);
    const mayLack = got?.maybeAbsent && !type.maybeAbsent ? 'it may be absent there, and not here' : undefined;
    const why = got && (unlike(type, got) ?? mayLack);
    if (!got) problems.add(path, `${to} has no output "${name}"; its outputs are ${known}`);
    else if (why) problems.add(path, `output "${name}" of ${to}: ${why}`);
  }
}

/** Of each pipeline that rules hand calls to, the inputs that it knows. */
export function rerouteInputs({ spec, signatureOf }: GraphTypes): ReadonlyMap<string, readonly string[]> {
  return new Map(
    spec.rules.before.flatMap((rule): [string, string[]][] => {
      if (rule.kind !== 'reroute') return [];
      const signature = signatureOf({ kind: 'pipeline', ...pipelineName(rule.reroute) });
      return signature ? [[rule.reroute, signature.inputs.map(({ name }) => name)]] : [];
    }),
  );
}

/** Undefined where a rule cannot be compiled. */
export function checkAfter(graph: GraphTypes, outputs: readonly NamedType[]): AfterRules | undefined {
  const { rules, version, outputs: all } = graph.spec;
  const specs = outputs.map(({ name, type }) => ({
    ...toSpec(name, type),
    rows: type.dims[0] && identity(type.dims[0]),
  }));
  const compiled = compileAfter(rules.after, variablesOf(graph.spec), specs, String(version));
  // What stands behind an output may be broken, or of a server that has not answered: that has its own line, and what reads it is no second mistake.
  const isUnknown = (name: string): boolean => all.has(name) && !outputs.some((output) => output.name === name);
  const readsUnknown = ({ index }: RuleMistake): boolean => outputsOf(rules.after[index] as AfterRule).some(isUnknown);
  return told(
    graph,
    Array.isArray(compiled) ? compiled.filter((mistake) => !readsUnknown(mistake)) : compiled,
    'after',
  );
}

function told<T>({ problems }: GraphTypes, compiled: T | RuleMistake[], place: 'before' | 'after'): T | undefined {
  if (!Array.isArray(compiled)) return compiled as T;
  for (const { index, path, message } of compiled) problems.add(['rules', place, index, ...path], message);
  return undefined;
}
