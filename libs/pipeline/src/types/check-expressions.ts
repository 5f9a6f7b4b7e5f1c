import type { Path } from '@sheaf/document';
import {
  type CelType,
  checkExpression,
  type Expression,
  listType,
  requestVariables,
  type Variables,
} from '@sheaf/rules';
import type { PipelineSpec, Step } from '../language/spec.ts';
import { expressionsOf } from '../language/walk.ts';
import type { GraphTypes } from './graph-types.ts';
import type { Types } from './tensor-type.ts';

/** What rules and expressions may read of a request. */
export function variablesOf({ context, inputs }: PipelineSpec): Variables {
  const typeOf = { string: 'string', number: 'double', boolean: 'bool' } as const;
  const values = context.map(({ name, default: value }) => [name, typeOf[typeof value as keyof typeof typeOf]]);
  return requestVariables(Object.fromEntries(values), inputs);
}

/** Holds the expressions that a step itself has against what they read. */
export function checkExpressions(graph: GraphTypes, step: Step, path: Path): void {
  const expressions = expressionsOf(step, path);
  if (expressions.length === 0) return;
  const stages = Object.fromEntries([...graph.stages].map(([name, types]) => [name, listsOf(types ?? new Map())]));
  const variables = { ...variablesOf(graph.spec), stages };
  for (const { expression, path: place, wanted } of expressions) {
    if (readsUnknown(graph, expression)) continue;
    const evaluate = checkExpression(expression, variables, wanted);
    if (typeof evaluate === 'string') graph.problems.add(place, evaluate);
    else graph.evaluators.set(expression, evaluate);
  }
}

/** A stage of somebody else's server is known only when that answers; until then nothing can be said of its outputs. */
const readsUnknown = ({ stages }: GraphTypes, { reads }: Expression): boolean =>
  reads.some(([root, stage = '']) => root === 'stages' && stages.has(stage) && stages.get(stage) === undefined);

const listsOf = (types: Types): Record<string, CelType> =>
  Object.fromEntries(
    [...types].flatMap(([name, { datatype }]) => {
      const type = listType(datatype);
      return type ? [[name, type]] : [];
    }),
  );
