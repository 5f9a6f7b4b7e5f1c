import { isRecord, Problems } from '@sheaf/document';
import { contextExpectation } from '../engine/context-values.ts';
import { kindOf } from '../stages/index.ts';
import { stageReads } from './expressions.ts';
import { findCycles } from './graph.ts';
import { pipelineDocument } from './pipeline-document.ts';
import type { PipelineSpec, Problem, Reference, Step } from './spec.ts';
import { allSteps, expressionsOf, innerSteps, targetsOf } from './walk.ts';

/** Reads a pipeline document; finds every mistake that it shows by itself. `spec` is there only when there is none. */
export function parsePipeline(value: unknown): { readonly spec?: PipelineSpec; readonly problems: readonly Problem[] } {
  const problems = new Problems();
  const document = pipelineDocument.read(value, [], problems);
  if (!document) return { problems: problems.list };
  const spec: PipelineSpec = {
    pipeline: document.pipeline,
    version: document.version ?? 1,
    inputs: [...document.inputs].map(([name, input]) => ({ name, ...input })),
    context: [...(document.context ?? [])].map(([name, body]) => ({ name, ...body })),
    stages: [...document.stages].map(([name, stage]) => ({ name, ...stage })),
    outputs: document.outputs,
    rules: document.rules ?? { before: [], after: [] },
  };
  checkReferences(spec, value, problems);
  checkSetValues(spec, problems);
  for (const { name, step } of spec.stages)
    for (const { step: inner, path } of allSteps(step, ['stages', name]))
      kindOf(inner).validate(inner, path, problems, allSteps);
  for (const cycle of findCycles(spec.stages))
    problems.add(['stages', cycle[0] ?? ''], `the stages form a cycle: ${[...cycle, cycle[0]].join(' -> ')}`);
  return problems.list.length === 0 ? { spec, problems: [] } : { problems: problems.list };
}

/** Every reference names an input of the pipeline or a stage. Which outputs a stage has is for the type check. */
function checkReferences({ stages, outputs }: PipelineSpec, document: unknown, problems: Problems): void {
  // Names as written, not as read: what could not be read has its own problem, and a reference to it is not a second one.
  if (!isRecord(document) || !isRecord(document['inputs']) || !isRecord(document['stages'])) return;
  const inputNames = new Set(Object.keys(document['inputs']));
  const stageNames = new Set(Object.keys(document['stages']));
  for (const name of stageNames) {
    if (inputNames.has(name))
      problems.add(['stages', name], `"${name}" is an input and a stage; each name may stand for one thing`);
  }
  const check = (path: readonly (string | number)[], { stage, name }: Reference): void => {
    if (stage === undefined && !inputNames.has(name)) {
      const hint = stageNames.has(name) ? `; an output of a stage is written ${name}.<output>` : '';
      problems.add(path, `there is no input "${name}"; the inputs are ${[...inputNames].join(', ')}${hint}`);
    } else if (stage !== undefined && !stageNames.has(stage)) {
      problems.add(path, `there is no stage "${stage}"; the stages are ${[...stageNames].join(', ')}`);
    }
  };
  for (const { name, step } of stages) {
    for (const { step: inner, path } of allSteps(step, ['stages', name])) {
      for (const [input, reference] of inner.inputs ?? []) check([...path, 'inputs', input], reference);
      for (const { expression, path: place } of expressionsOf(inner, path))
        for (const read of stageReads(expression)) check(place, read);
    }
    if (!step.inputs && allSteps(step, []).some(({ step: inner }) => asksByItself(inner) && !inner.inputs))
      problems.add(['stages', name, 'inputs'], 'want inputs by name, got nothing');
  }
  for (const [output, reference] of outputs) check(['outputs', output], reference);
}

/** Asks something over its own inputs, or over those of a step around it. */
const asksByItself = (step: Step): boolean => targetsOf(step).length > 0 && innerSteps(step, []).length === 0;

/** What a rule sets must be what the context makes of it: no caller could do anything about it. */
function checkSetValues({ context, rules }: PipelineSpec, problems: Problems): void {
  for (const [index, rule] of rules.before.entries()) {
    if (rule.kind !== 'set') continue;
    for (const { name, source, default: like } of context) {
      const value = source.kind === 'parameter' ? rule.set.get(source.key) : undefined;
      const expected = value !== undefined && contextExpectation(value, like);
      if (expected)
        problems.add(
          ['rules', 'before', index, 'set', source.key],
          `want ${expected}, as context.${name} is, got "${value}"`,
        );
    }
  }
}
