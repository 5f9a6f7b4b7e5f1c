import type { Path } from '@sheaf/document';
import type { CheckedStep, Reference, Step } from '../language/spec.ts';
import { innerSteps, targetsBelow } from '../language/walk.ts';
import { kindOf } from '../stages/index.ts';
import type { Place, TypeChecker } from '../stages/stage-kind.ts';
import { checkExpressions } from './check-expressions.ts';
import { type GraphTypes, resolve } from './graph-types.ts';
import type { Given } from './tensor-type.ts';

/** Checks a stage's step and all inside it. Undefined when what it gives cannot be told. */
export function checkStage(graph: GraphTypes, step: Step, path: Path): CheckedStep | undefined {
  return check(
    step,
    undefined,
    { path, wires: [...path, 'inputs'], who: '', looked: false },
    createChecker(graph),
    graph,
  );
}

function createChecker(graph: GraphTypes): TypeChecker {
  const { problems, signatureOf, checkedOf } = graph;
  const checker: TypeChecker = {
    problems,
    inner: (step, given, place) => check(step, given, place, checker, graph),
    signature(target, path) {
      const signature = signatureOf(target);
      if (!signature) problems.missing(path, target);
      return signature;
    },
    firstTaker(step) {
      const [target] = targetsBelow(step);
      return target && signatureOf(target);
    },
    pipeline: checkedOf,
  };
  return checker;
}

/** `outer` is what the step around it is given; undefined where there is none. */
function check(
  step: Step,
  outer: Given | undefined,
  around: Place,
  checker: TypeChecker,
  graph: GraphTypes,
): CheckedStep | undefined {
  const { path } = around;
  const wires = step.inputs ? [...path, 'inputs'] : around.wires;
  const given = step.inputs ? wired(graph, step.inputs, wires, outer !== undefined) : (outer ?? new Map());
  if (step.inputs && innerSteps(step, []).length > 0) checkTaken(graph, step, given, wires);
  checkExpressions(graph, step, path);
  return kindOf(step).check(step, given, { ...around, wires }, checker);
}

function wired(graph: GraphTypes, inputs: ReadonlyMap<string, Reference>, path: Path, isInner: boolean): Given {
  return new Map(
    [...inputs].map(([name, reference]) => {
      const type = resolve(graph, reference, [...path, name]);
      if (type?.maybeAbsent && isInner && !reference.optional)
        graph.problems.addOnce(
          [...path, name],
          'there may be no such tensor; write it with a "?" where it can be done without',
        );
      // A stage whose input is absent does not run, so what it reads without a "?" is there whenever it runs.
      return [name, type && { ...type, maybeAbsent: type.maybeAbsent && reference.optional }];
    }),
  );
}

/** An input that no step inside takes is a mistake; one that only some take is not. */
function checkTaken({ signatureOf, problems }: GraphTypes, step: Step, given: Given, path: Path): void {
  const takers = targetsBelow(step);
  const signatures = takers.map((target) => signatureOf(target));
  if (takers.length === 0 || signatures.includes(undefined)) return;
  const known = new Set(signatures.flatMap((signature) => (signature?.inputs ?? []).map(({ name }) => name)));
  for (const name of given.keys())
    if (!known.has(name))
      problems.addOnce([...path, name], `there is no input "${name}"; the inputs are ${[...known].join(', ')}`);
}
