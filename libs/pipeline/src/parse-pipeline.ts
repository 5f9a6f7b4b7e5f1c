import { isDatatype, type TensorSpec } from '@sheaf/inference';
import { findCycles } from './graph.ts';
import { parseStage } from './parse-stage.ts';
import { isRecord, Problems } from './problems.ts';
import { limits, type PipelineSpec, type Problem, type Reference, type StageSpec } from './spec.ts';

const keys = ['pipeline', 'version', 'inputs', 'stages', 'outputs'] as const;

/** Reads a pipeline document; finds every mistake in it. `spec` is there only when there is none. */
export function parsePipeline(value: unknown): { readonly spec?: PipelineSpec; readonly problems: readonly Problem[] } {
  const problems = new Problems();
  const document = problems.record([], value, keys);
  if (!document) return { problems: problems.list };
  const spec: PipelineSpec = {
    pipeline: problems.name(['pipeline'], document.pipeline),
    version: problems.integer(['version'], document.version === undefined ? 1 : document.version, 1),
    inputs: parseInputs(document.inputs, problems),
    stages: parseStages(document.stages, problems),
    outputs: parseOutputs(document.outputs, problems),
  };
  checkReferences(spec, document, problems);
  for (const cycle of findCycles(spec.stages))
    problems.add(['stages', cycle[0] ?? ''], `the stages form a cycle: ${[...cycle, cycle[0]].join(' -> ')}`);
  return problems.list.length === 0 ? { spec, problems: [] } : { problems: problems.list };
}

function parseInputs(value: unknown, problems: Problems): TensorSpec[] {
  const inputs = problems.entries(['inputs'], value, 'inputs by name');
  if (inputs.length === 0 && isRecord(value)) problems.add(['inputs'], 'want at least one input, got none');
  return inputs.flatMap(([name, declaration]) => {
    const path = ['inputs', name];
    problems.name(path, name);
    const tensor = problems.record(path, declaration, ['datatype', 'shape']);
    if (!tensor) return [];
    const { datatype, shape } = tensor;
    if (!isDatatype(datatype)) problems.wanted([...path, 'datatype'], 'a datatype such as FP32', datatype);
    const dims =
      Array.isArray(shape) && shape.every((dim) => Number.isSafeInteger(dim) && dim >= -1)
        ? (shape as number[])
        : undefined;
    if (!dims) problems.wanted([...path, 'shape'], 'a list of integers of -1 or more', shape);
    return isDatatype(datatype) && dims ? [{ name, datatype, shape: dims }] : [];
  });
}

function parseStages(value: unknown, problems: Problems): StageSpec[] {
  const stages = problems.entries(['stages'], value, 'stages by name');
  if (stages.length === 0 && isRecord(value)) problems.add(['stages'], 'want at least one stage, got none');
  if (stages.length > limits.stagesMax) {
    problems.add(['stages'], `want at most ${limits.stagesMax} stages, got ${stages.length}`);
    return [];
  }
  return stages.flatMap(([name, body]) => {
    problems.name(['stages', name], name);
    const stage = parseStage(name, body, ['stages', name], problems);
    return stage ? [stage] : [];
  });
}

function parseOutputs(value: unknown, problems: Problems): Map<string, Reference> {
  const outputs = problems.entries(['outputs'], value, 'outputs by name');
  if (outputs.length === 0 && isRecord(value)) problems.add(['outputs'], 'want at least one output, got none');
  return problems.references(['outputs'], outputs);
}

/** Every reference names an input of the pipeline or a stage. Which outputs a stage has is for the type check. */
function checkReferences(
  { stages, outputs }: PipelineSpec,
  document: Readonly<Record<string, unknown>>,
  problems: Problems,
): void {
  // Names as written, not as read: what could not be read has its own problem, and a reference to it is not a second one.
  if (!isRecord(document.inputs) || !isRecord(document.stages)) return;
  const inputNames = new Set(Object.keys(document.inputs));
  const stageNames = new Set(Object.keys(document.stages));
  for (const name of stageNames) {
    if (inputNames.has(name))
      problems.add(['stages', name], `"${name}" is an input and a stage; each name may stand for one thing`);
  }
  const check = (path: readonly string[], { stage, name }: Reference): void => {
    if (name === '' || stage === '') return;
    if (stage === undefined && !inputNames.has(name)) {
      const hint = stageNames.has(name) ? `; an output of a stage is written ${name}.<output>` : '';
      problems.add(path, `there is no input "${name}"; the inputs are ${[...inputNames].join(', ')}${hint}`);
    } else if (stage !== undefined && !stageNames.has(stage)) {
      problems.add(path, `there is no stage "${stage}"; the stages are ${[...stageNames].join(', ')}`);
    }
  };
  for (const { name, inputs: wired } of stages) {
    for (const [input, reference] of wired) check(['stages', name, 'inputs', input], reference);
  }
  for (const [output, reference] of outputs) check(['outputs', output], reference);
}
