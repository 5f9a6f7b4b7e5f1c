import type { Path } from '@sheaf/document';
import { type Aliases, noAliases, versionMeant } from '@sheaf/inference';
import { kindOf } from '../stages/index.ts';
import type { InnerStep } from '../stages/stage-kind.ts';
import { type PlacedExpression, stageReads } from './expressions.ts';
import type { PipelineSpec, PlacedStep, Reference, StageSpec, Step } from './spec.ts';
import type { Target } from './target.ts';

/** The steps directly inside a step, with their places in the document. */
export const innerSteps = (step: Step, path: Path): readonly InnerStep[] => kindOf(step).inner(step, path);

/** A step and all inside it. */
export const allSteps = (step: Step, path: Path): PlacedStep[] => [
  { step, path },
  ...innerSteps(step, path).flatMap((inner) => allSteps(inner.step, inner.path)),
];

/** The expressions that a step itself has; those inside it are its inner steps'. */
export const expressionsOf = (step: Step, path: Path): readonly PlacedExpression[] =>
  kindOf(step).expressions(step, path);

/** What a step itself asks: models, transforms, other pipelines. */
export const targetsOf = (step: Step): readonly Target[] => kindOf(step).targets(step);

/** The targets that take the inputs of a step: its own, or those of steps inside without inputs of their own. */
export function targetsBelow(step: Step): readonly Target[] {
  const inner = innerSteps(step, []);
  if (inner.length === 0) return targetsOf(step);
  return inner.flatMap((one) => (one.step.inputs ? [] : targetsBelow(one.step)));
}

/** What has to be there for a step to answer: nothing that may fail, nothing that has a substitute. */
export const requiredTargets = (step: Step): Target[] => [
  ...targetsOf(step),
  ...innerSteps(step, []).flatMap((inner) => (inner.isRequired ? requiredTargets(inner.step) : [])),
];

/** Every tensor that a stage reads, wherever inside it: by wires, and by expressions over outputs of stages. */
export function readsOf({ step }: StageSpec): Reference[] {
  return allSteps(step, []).flatMap(({ step: inner }) => [
    ...(inner.inputs?.values() ?? []),
    ...expressionsOf(inner, []).flatMap(({ expression }) => stageReads(expression)),
  ]);
}

/** A pipeline as others name it; the version may be an alias. Without one it is the champion, or else the newest. */
export interface PipelineName {
  readonly name: string;
  readonly version?: string | undefined;
}

/** `other`, `other/2` or `other/challenger`, as rules write it. */
export function pipelineName(text: string): PipelineName {
  const [name = '', version] = text.split('/');
  return { name, version };
}

/** Finds a pipeline among those of a mesh by its name and version; when none is named, its champion, or else its newest. */
export function pipelineFinder(
  specs: readonly PipelineSpec[],
  aliases: Aliases = noAliases,
): (named: PipelineName) => PipelineSpec | undefined {
  const byName = Map.groupBy(
    specs.toSorted((a, b) => b.version - a.version),
    ({ pipeline }) => pipeline,
  );
  return ({ name, version = '' }) => {
    const meant = versionMeant(aliases, name, version);
    return byName.get(name)?.find((spec) => meant === '' || meant === String(spec.version));
  };
}

/** The other pipelines that one asks or reroutes calls to. */
export function pipelinesAsked({ stages, rules }: PipelineSpec): PipelineName[] {
  const nested = stages
    .flatMap(({ step }) => allSteps(step, []))
    .flatMap(({ step }) => targetsOf(step))
    .flatMap((target) => (target.kind === 'pipeline' ? [target] : []));
  return [...nested, ...rules.before.flatMap((rule) => (rule.kind === 'reroute' ? [pipelineName(rule.reroute)] : []))];
}
