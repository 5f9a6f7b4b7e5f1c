import type { PipelineSpec, Reference, StageSpec } from './spec.ts';

const sourceOf = ({ stage, name }: Reference): string => (stage === undefined ? `in_${name}` : `stage_${stage}`);

/** Names of outputs are free text: their nodes are called by their place, and quotes are written as Mermaid wants them. */
const quoted = (text: string): string => `"${text.replaceAll('"', '#quot;')}"`;

const labelOf = (stage: StageSpec): string => {
  if (stage.kind === 'ensemble')
    return `${stage.name}: ${stage.combine.kind} of ${stage.members.map(({ name }) => name).join(', ')}`;
  const { target } = stage;
  return `${stage.name}: ${target.kind === 'model' ? target.name : target.path}`;
};

/** The graph as a Mermaid flowchart, for a README or a page that draws it. */
export function toMermaid({ inputs, stages, outputs }: PipelineSpec): string {
  const edge = (from: Reference, to: string, label: string): string =>
    `  ${sourceOf(from)} -- ${quoted(label)} --> ${to}`;
  return [
    'flowchart LR',
    ...inputs.map(({ name }) => `  in_${name}(["${name}"])`),
    ...stages.map((stage) => `  stage_${stage.name}[${quoted(labelOf(stage))}]`),
    ...[...outputs.keys()].map((name, index) => `  out_${index}([${quoted(name)}])`),
    ...stages.flatMap((stage) => [...stage.inputs].map(([input, from]) => edge(from, `stage_${stage.name}`, input))),
    ...[...outputs.values()].map((from, index) => edge(from, `out_${index}`, from.name)),
  ].join('\n');
}
