import type { Signature, TensorSpec } from '@sheaf/inference';
import { stageReads } from '../language/expressions.ts';
import type { PipelineSpec, Reference, StageSpec, Step } from '../language/spec.ts';
import { allSteps, expressionsOf, innerSteps } from '../language/walk.ts';
import { kindOf } from '../stages/index.ts';
import type { StageOutputs } from '../types/checked-pipeline.ts';

/** Names are free, and those of Mermaid's nodes are not: nodes are called by their place, and text is written as Mermaid wants it. */
const quoted = (text: string): string =>
  `"${text.replaceAll('#', '#35;').replaceAll('"', '#quot;').replaceAll('<', '#lt;').replaceAll('>', '#gt;').replaceAll('\n', '<br/>')}"`;

/** One line for a step and for each inside it: what it asks, and on which condition or with which weight. */
function linesOf(name: string, step: Step): string[] {
  const { asks, terms = [] } = kindOf(step).describe(step);
  const all = step.timeoutMs === undefined ? terms : [`at most ${step.timeoutMs} ms`, ...terms];
  const inner = innerSteps(step, []).flatMap(({ step: other, label }) => linesOf(`- ${label}`, other));
  return [`${name}: ${asks}${all.length === 0 ? '' : ` (${all.join(', ')})`}`, ...inner];
}

const textOf = ({ name, step, optional }: StageSpec): string =>
  quoted([...linesOf(name, step), ...(optional ? ['(optional)'] : [])].join('\n'));

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
  const inputAt = (name: string): string => `i${inputs.findIndex((input) => input.name === name)}`;
  const stageAt = (name: string): string => `s${stages.findIndex((stage) => stage.name === name)}`;
  const sourceOf = ({ stage, name }: Reference): string => (stage === undefined ? inputAt(name) : stageAt(stage));
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
    ...inputs.map((spec, index) => `  i${index}([${quoted(`${spec.name}\n${shownSpec(spec)}`)}])`),
    ...stages.map((stage, index) => `  s${index}[${textOf(stage)}]`),
    ...[...outputs.keys()].map(
      (name, index) => `  o${index}([${quoted(`${name}${typeIn(signature?.outputs, name)}`)}])`,
    ),
    ...rulesNode('after'),
    ...stages.flatMap((stage) => {
      const wires = allSteps(stage.step, []).flatMap(({ step }) => [
        ...[...(step.inputs ?? [])].map(([input, from]) => edge(from, stageAt(stage.name), input)),
        ...expressionsOf(step, []).flatMap(({ expression }) =>
          stageReads(expression).map((from) => edge(from, stageAt(stage.name), from.name)),
        ),
      ]);
      return [...new Set(wires)];
    }),
    ...[...outputs.values()].map((from, index) => edge(from, `o${index}`, from.name)),
    ...(rules.before.length > 0 ? ['  rules_before -.- i0'] : []),
    ...(rules.after.length > 0 ? ['  o0 -.- rules_after'] : []),
  ].join('\n');
}

const shownSpec = ({ datatype, shape, symbols }: TensorSpec): string =>
  `${datatype} [${shape.map((dim, axis) => symbols?.[axis] || dim).join(', ')}]`;
