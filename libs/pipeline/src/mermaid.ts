import type { Signature, TensorSpec } from '@sheaf/inference';
import { asks } from './engine/plan.ts';
import type { PipelineSpec, Reference, StageSpec, Step } from './spec.ts';
import type { StageOutputs } from './type-check.ts';
import { allSteps, expressionsOf, innerSteps, stageReads } from './walk.ts';

const sourceOf = ({ stage, name }: Reference): string => (stage === undefined ? `in_${name}` : `stage_${stage}`);

/** Names of outputs and texts of expressions are free: nodes are called by their place, and text is written as Mermaid wants it. */
const quoted = (text: string): string =>
  `"${text.replaceAll('#', '#35;').replaceAll('"', '#quot;').replaceAll('<', '#lt;').replaceAll('>', '#gt;').replaceAll('\n', '<br/>')}"`;

/** One line for a step and for each inside it: what it asks, and on which condition or with which weight. */
function linesOf(name: string, step: Step): string[] {
  const inner = innerSteps(step, []).flatMap(({ step: other, path }, index) =>
    linesOf(`- ${labelOf(step, index, String(path.at(-1)))}`, other),
  );
  return [`${name}: ${asks(step)}`, ...inner];
}

function labelOf(step: Step, index: number, place: string): string {
  if (step.kind === 'switch') {
    const when = step.branches[index]?.when;
    return when ? `when ${when.text}` : 'else';
  }
  if (step.kind !== 'ensemble') return step.kind === 'each' ? 'each part' : `${index + 1}`;
  const { weight = 1, optional = false } = step.members[index] ?? {};
  const weighed = weight === 1 ? '' : ` x ${typeof weight === 'number' ? weight : weight.text}`;
  return `${place}${optional ? ' (optional)' : ''}${weighed}`;
}

const nodeOf = (stage: StageSpec): string => {
  const lines = linesOf(stage.name, stage.step).join('\n');
  return `  stage_${stage.name}[${quoted(stage.optional ? `${lines}\n(optional)` : lines)}]`;
};

/** What the type check told of a pipeline. */
interface Typed {
  readonly signature?: Signature;
  readonly stageOutputs?: StageOutputs;
}

/** The graph as a Mermaid flowchart, for a README or a page that draws it; with the type of every tensor where they are known. */
export function toMermaid(
  { inputs, stages, outputs, rules }: PipelineSpec,
  { signature, stageOutputs }: Typed = {},
): string {
  const typeIn = (specs: readonly TensorSpec[] | undefined, name: string): string => {
    const spec = specs?.find((tensor) => tensor.name === name);
    return spec ? `\n${shownSpec(spec)}` : '';
  };
  const edge = (from: Reference, to: string, label: string): string => {
    const type = typeIn(stageOutputs?.get(from.stage ?? ''), from.name);
    return `  ${sourceOf(from)} ${from.optional ? '-.' : '--'} ${quoted(`${label}${type}`)} ${from.optional ? '.->' : '-->'} ${to}`;
  };
  const rulesNode = (place: 'before' | 'after'): string[] =>
    rules[place].length === 0
      ? []
      : [
          `  rules_${place}{{${quoted([`rules ${place}`, ...rules[place].map((rule) => `${rule.name}: ${rule.kind}${rule.when ? ` when ${rule.when.text}` : ''}`)].join('\n'))}}}`,
        ];
  return [
    'flowchart LR',
    ...rulesNode('before'),
    ...inputs.map((spec) => `  in_${spec.name}([${quoted(`${spec.name}\n${shownSpec(spec)}`)}])`),
    ...stages.map(nodeOf),
    ...[...outputs.keys()].map(
      (name, index) => `  out_${index}([${quoted(`${name}${typeIn(signature?.outputs, name)}`)}])`,
    ),
    ...rulesNode('after'),
    ...stages.flatMap((stage) => {
      const wires = allSteps(stage.step, []).flatMap(({ step }) => [
        ...[...(step.inputs ?? [])].map(([input, from]) => edge(from, `stage_${stage.name}`, input)),
        ...expressionsOf(step, []).flatMap(({ expression }) =>
          stageReads(expression).map((from) => edge(from, `stage_${stage.name}`, from.name)),
        ),
      ]);
      return [...new Set(wires)];
    }),
    ...[...outputs.values()].map((from, index) => edge(from, `out_${index}`, from.name)),
    ...(rules.before.length > 0 ? inputs.slice(0, 1).map(({ name }) => `  rules_before -.- in_${name}`) : []),
    ...(rules.after.length > 0 ? ['  out_0 -.- rules_after'] : []),
  ].join('\n');
}

const shownSpec = ({ datatype, shape, symbols }: TensorSpec): string =>
  `${datatype} [${shape.map((dim, axis) => symbols?.[axis] || dim).join(', ')}]`;
