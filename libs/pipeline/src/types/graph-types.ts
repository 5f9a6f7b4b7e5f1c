import type { Path } from '@sheaf/document';
import type { Signature } from '@sheaf/inference';
import type { Evaluate, Expression, Wanted } from '@sheaf/rules';
import { PipelineProblems } from '../language/pipeline-problems.ts';
import type { PipelineSpec, Reference } from '../language/spec.ts';
import type { PipelineTarget, Target } from '../language/target.ts';
import type { CheckedPipeline } from './checked-pipeline.ts';
import { type TensorType, type Types, Use } from './tensor-type.ts';

/** Undefined for what is not there, or does not say what it takes and gives. */
export type SignatureOf = (target: Target) => Signature | undefined;
/** Undefined for a pipeline that is not there, or has a mistake. */
export type CheckedOf = (target: PipelineTarget) => CheckedPipeline | undefined;

/** A pipeline while its types are checked: what is known so far. */
export interface GraphTypes {
  readonly spec: PipelineSpec;
  readonly signatureOf: SignatureOf;
  readonly checkedOf: CheckedOf;
  readonly problems: PipelineProblems;
  readonly inputs: Types;
  /** What each stage gives, as they are gone through; undefined where that could not be told. */
  readonly stages: Map<string, Types | undefined>;
  readonly evaluators: Map<Expression, Evaluate<Wanted>>;
}

export function createGraphTypes(spec: PipelineSpec, signatureOf: SignatureOf, checkedOf: CheckedOf): GraphTypes {
  const own = new Use({ ofCallers: true });
  return {
    spec,
    signatureOf,
    checkedOf,
    problems: new PipelineProblems(),
    inputs: new Map(spec.inputs.map((input) => [input.name, own.give(input)])),
    stages: new Map(),
    evaluators: new Map(),
  };
}

/** The tensor behind a reference, as far as it is known. */
export const typeAt = ({ inputs, stages }: GraphTypes, { stage, name }: Reference): TensorType | undefined =>
  stage === undefined ? inputs.get(name) : stages.get(stage)?.get(name);

/** The same; with a problem at `path`, where it is new, when there is none. */
export function resolve(graph: GraphTypes, reference: Reference, path: Path): TensorType | undefined {
  const { stage, name } = reference;
  const found = typeAt(graph, reference);
  const outputs = stage === undefined ? undefined : graph.stages.get(stage);
  if (outputs && !found) {
    const known = [...outputs.keys()].join(', ');
    graph.problems.addOnce(path, `stage "${stage}" has no output "${name}"; its outputs are ${known}`);
  }
  return found;
}
