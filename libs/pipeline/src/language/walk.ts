import type { Path } from '@sheaf/document';
import type { Expression } from '@sheaf/rules';
import type { PipelineSpec, Reference, StageSpec, Step, Target } from './spec.ts';

export interface PlacedStep {
  readonly step: Step;
  readonly path: Path;
}

/** The steps directly inside a step, with their places in the document. */
export function innerSteps(step: Step, path: Path): PlacedStep[] {
  switch (step.kind) {
    case 'target':
      return [];
    case 'ensemble':
      return step.members.map(({ name, step: inner }) => ({ step: inner, path: [...path, 'ensemble', name] }));
    case 'switch':
      return step.branches.map(({ step: inner }, index) => ({ step: inner, path: [...path, 'switch', index] }));
    case 'each':
      return [{ step: step.step, path: [...path, 'each'] }];
    case 'fallback':
      return step.steps.map((inner, index) => ({ step: inner, path: [...path, 'fallback', index] }));
  }
}

/** A step and all inside it. */
export const allSteps = (step: Step, path: Path): PlacedStep[] => [
  { step, path },
  ...innerSteps(step, path).flatMap((inner) => allSteps(inner.step, inner.path)),
];

export interface PlacedExpression {
  readonly expression: Expression;
  readonly path: Path;
  readonly wanted: 'bool' | 'number';
}

/** The expressions that a step itself has; those inside it are its inner steps'. */
export function expressionsOf(step: Step, path: Path): PlacedExpression[] {
  if (step.kind === 'switch')
    return step.branches.flatMap(({ when }, index) =>
      when ? [{ expression: when, path: [...path, 'switch', index, 'when'], wanted: 'bool' as const }] : [],
    );
  if (step.kind === 'ensemble')
    return step.members.flatMap(({ name, weight }) =>
      typeof weight === 'number'
        ? []
        : [{ expression: weight, path: [...path, 'ensemble', name, 'weight'], wanted: 'number' as const }],
    );
  return [];
}

/** What a step itself asks: models, transforms, other pipelines. */
export function targetsOf(step: Step): Target[] {
  if (step.kind === 'target') return [step.target];
  if (step.kind !== 'ensemble' || step.combine.kind !== 'stack') return [];
  return [{ kind: 'model', name: step.combine.model, version: step.combine.version }];
}

/** The targets that take the inputs of a step: its own, or those of steps inside without inputs of their own. */
export function targetsBelow(step: Step): Target[] {
  if (step.kind === 'target') return [step.target];
  return innerSteps(step, []).flatMap(({ step: inner }) => (inner.inputs ? [] : targetsBelow(inner)));
}

/** What has to be there for a step to answer: nothing that may fail, nothing that has a substitute. */
export function requiredTargets(step: Step): Target[] {
  switch (step.kind) {
    case 'fallback':
      return [];
    case 'ensemble':
      return [...targetsOf(step), ...step.members.flatMap((m) => (m.optional ? [] : requiredTargets(m.step)))];
    default:
      return [...targetsOf(step), ...innerSteps(step, []).flatMap(({ step: inner }) => requiredTargets(inner))];
  }
}

/** Every tensor that a stage reads, wherever inside it: by wires, and by expressions over outputs of stages. */
export function readsOf({ step }: StageSpec): Reference[] {
  return allSteps(step, []).flatMap(({ step: inner }) => [
    ...(inner.inputs?.values() ?? []),
    ...expressionsOf(inner, []).flatMap(({ expression }) => stageReads(expression)),
  ]);
}

/** `stages.locate.boxes` in an expression, as a reference. */
export const stageReads = ({ reads }: Expression): Reference[] =>
  reads.flatMap(([root, stage, name]) =>
    root === 'stages' && stage !== undefined && name !== undefined ? [{ stage, name, optional: true }] : [],
  );

/** Whether an expression looks at what callers sent. */
export const readsInputs = ({ reads }: Expression): boolean => reads.some(([root]) => root === 'inputs');

/** A pipeline as others name it; without a version, the newest. */
export interface PipelineName {
  readonly name: string;
  readonly version?: string | undefined;
}

/** `other` or `other/2`, as rules write it. */
export function pipelineName(text: string): PipelineName {
  const [name = '', version] = text.split('/');
  return { name, version };
}

/** Finds a pipeline among those of a mesh by its name and version; the newest version when none is named. */
export function pipelineFinder(specs: readonly PipelineSpec[]): (named: PipelineName) => PipelineSpec | undefined {
  const byName = Map.groupBy(
    specs.toSorted((a, b) => b.version - a.version),
    ({ pipeline }) => pipeline,
  );
  return ({ name, version }) =>
    byName.get(name)?.find((spec) => version === undefined || version === '' || version === String(spec.version));
}

/** The other pipelines that one asks or reroutes calls to. */
export function pipelinesAsked({ stages, rules }: PipelineSpec): PipelineName[] {
  const nested = stages
    .flatMap(({ step }) => allSteps(step, []))
    .flatMap(({ step }) => targetsOf(step))
    .flatMap((target) => (target.kind === 'pipeline' ? [target] : []));
  return [...nested, ...rules.before.flatMap((rule) => (rule.kind === 'reroute' ? [pipelineName(rule.reroute)] : []))];
}
