import { outputsOf } from '@sheaf/rules';
import { inOrder, needed } from '../language/graph.ts';
import type { CheckedStep, PipelineSpec, Problem, Reference, StageSpec } from '../language/spec.ts';
import { checkAfter, checkBefore, rerouteInputs } from './check-rules.ts';
import type { CheckedPipeline } from './checked-pipeline.ts';
import { type CheckedOf, createGraphTypes, type GraphTypes, resolve, type SignatureOf, typeAt } from './graph-types.ts';
import { type NamedType, ownSignature } from './own-signature.ts';
import { type Types, toSpec } from './tensor-type.ts';
import { checkStage } from './type-checker.ts';

/**
 * Holds every wire of a pipeline against the real signatures, every expression against what it reads, and tells the pipeline's own signature. `checkedOf`
 * knows the pipelines that it asks, for what they say of themselves in a dry run.
 */
export function typeCheck(
  spec: PipelineSpec,
  signatureOf: SignatureOf,
  checkedOf: CheckedOf = () => undefined,
): { readonly checked?: CheckedPipeline; readonly problems: readonly Problem[] } {
  const graph = createGraphTypes(spec, signatureOf, checkedOf);
  const { problems } = graph;
  const steps = new Map<string, CheckedStep>();
  for (const stage of inOrder(spec.stages)) {
    const checked = checkStage(graph, stage.step, ['stages', stage.name]);
    if (checked) steps.set(stage.name, checked);
    graph.stages.set(stage.name, checked && outputsOfStage(graph, stage, checked.outputs));
  }
  const outputs = checkOutputs(graph);
  checkUse(graph);
  const before = checkBefore(graph, outputs);
  const after = checkAfter(graph, outputs);
  if (problems.list.length > 0 || !before || !after) return { problems: problems.list };
  const checked: CheckedPipeline = {
    spec,
    signature: ownSignature(spec, graph.inputs, outputs),
    steps,
    stageOutputs: new Map([...graph.stages].map(([stage, types]) => [stage, specsOf(types ?? new Map())])),
    evaluators: graph.evaluators,
    before,
    reroutes: rerouteInputs(graph),
    after,
    readByRules: [...new Set(spec.rules.after.flatMap(outputsOf))],
  };
  return { checked, problems: [] };
}

const specsOf = (types: Types) => [...types].map(([name, type]) => toSpec(name, type));

/** A stage that may fail, or may not run since what it reads may be absent, may give nothing. */
function outputsOfStage(graph: GraphTypes, { step, optional }: StageSpec, outputs: Types): Types {
  const isSkipped = [...(step.inputs?.values() ?? [])].some(
    (reference) => !reference.optional && typeAt(graph, reference)?.maybeAbsent,
  );
  if (!optional && !isSkipped) return outputs;
  return new Map([...outputs].map(([output, type]) => [output, { ...type, maybeAbsent: true }]));
}

function checkOutputs(graph: GraphTypes): NamedType[] {
  return [...graph.spec.outputs].flatMap(([name, reference]) => {
    const type = resolve(graph, reference, ['outputs', name]);
    if (type?.maybeAbsent && !reference.optional)
      graph.problems.add(
        ['outputs', name],
        `there may be no ${shown(reference)} in an answer; give its switch an else, or write ${shown(reference)}?`,
      );
    return type ? [{ name, type }] : [];
  });
}

/** What no output needs would never run. */
function checkUse({ spec, problems }: GraphTypes): void {
  const used = needed(spec.stages, spec.outputs.values());
  for (const { name } of spec.stages)
    if (!used.has(name)) problems.add(['stages', name], 'no output of the pipeline needs this stage');
}

const shown = ({ stage, name }: Reference): string => (stage === undefined ? name : `${stage}.${name}`);
