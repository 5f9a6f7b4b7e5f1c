/** The reference page of the language, made from the definitions that the parser reads by. */
import { afterVariants, beforeVariants } from '@sheaf/rules';
import { combinerVariants } from './combiners/spec.ts';
import { branchFields, memberFields, pipelineFields, stageFields, stepFields, stepKinds } from './language.ts';
import { contextVariants, inputFields } from './tensors.ts';

interface Told {
  readonly reader: { readonly wish: string };
  readonly required: boolean;
  readonly doc: string;
}
type Fields = Readonly<Record<string, Told>>;

const cell = (text: string): string => text.replaceAll('|', '\\|');

function table(fields: Fields): string {
  const rows = Object.entries(fields).map(
    ([key, { reader, required, doc }]) => `| \`${key}\`${required ? '' : ' ?'} | ${cell(doc)} | ${cell(reader.wish)} |`,
  );
  return ['| key | is | wants |', '|---|---|---|', ...rows].join('\n');
}

const kindsTable = (kinds: Readonly<Record<string, Fields>>): string =>
  table(Object.fromEntries(Object.values(kinds).flatMap((fields) => Object.entries(fields))));

const fenced = (code: string): string => `\`\`\`yaml\n${code.trim()}\n\`\`\``;

/** A whole pipeline: parsed by the test of this page. */
export const pageExample = `
pipeline: read-page
inputs:
  page: { datatype: UINT8, shape: [height, width] }
context:
  channel: { metadata: x-channel, default: web }
stages:
  locate: { model: digit-locator, inputs: { image: page } }
  crop: { transform: ./crop.ts, inputs: { image: page, boxes: locate.boxes } }
  read:
    ensemble:
      cnn: { model: digits-cnn }
      forest: { model: digits-forest, weight: 'context.channel == "phone" ? 0.5 : 1.0' }
      kernel: { model: digits-kernel, softTimeout: 50ms }
    inputs: { pixels: crop.digits }
    combine: { soft-vote: probabilities }
    quorum: 2
outputs:
  digits: read.label
  confidence: read.score
rules:
  after:
    - { name: unsure, when: lowest(outputs.confidence) < 0.8, label: { decision: review } }
`;

/** Stages of each kind that is not in the example: parsed by the test of this page. */
export const snippets: Readonly<Record<string, string>> = {
  switch: `
pick:
  switch:
    - { when: 'inputs.page.size > 1000000', model: large-locator }
    - { when: 'highest(stages.quick.score) > 0.9', model: small-locator }
    - { model: digit-locator }            # no \`when\`: else
  inputs: { image: page }`,
  each: `
read:
  each: { model: digits-cnn }
  over: pixels                            # split along dimension 0, \`size\` elements at a time
  size: 16
  inputs: { pixels: crop.digits }`,
  fallback: `
answer:
  fallback:
    - { model: large-net, timeout: 50ms }
    - { model: small-net }
  inputs: { pixels: crop.digits }`,
  pipeline: `
read: { pipeline: read-digits, inputs: { pixels: crop.digits } }`,
  stack: `
risk:
  ensemble:
    linear: { model: risk-linear }
    forest: { model: risk-forest, labels: [malignant, benign] }
  combine: { stack: probabilities, model: risk-stack, labels: [benign, malignant] }
  inputs: { features: features }`,
};

const transformText = `The file exports what it takes and gives, and a function between them; tensors are flat typed arrays with a shape. It runs in a worker, with a time limit of 5 s. With \`uses\` it may itself ask models and pipelines of the mesh, under the deadline, the trace and the configuration of its own call:

\`\`\`ts
import { defineTransform } from '@sheaf/inference';

export default defineTransform(
  {
    inputs: { measures: { datatype: 'FP32', shape: ['rows', 4] } },
    outputs: { sure: { datatype: 'BOOL', shape: ['rows'] } },
    uses: ['iris'],
  },
  async ({ measures }, context) => {
    const { probabilities } = await context.infer('iris', { measures: { datatype: 'FP32', ...measures } });
    if (probabilities?.datatype !== 'FP32') throw new Error('iris gave no probabilities');
    const [rows = 0, classes = 0] = probabilities.shape;
    const best = (row: number) => Math.max(...probabilities.data.subarray(row * classes, (row + 1) * classes));
    return { sure: { shape: [rows], data: Uint8Array.from({ length: rows }, (_, row) => Number(best(row) > 0.9)) } };
  },
);
\`\`\``;

const section = (title: string, ...parts: readonly string[]): string => [`## ${title}`, ...parts].join('\n\n');

/** REFERENCE.md. */
export function referencePage(): string {
  return `${[
    '# The pipeline language',
    'A pipeline is one YAML file in `pipelines/` of a mesh folder. Callers address it like a model. What runs when follows from what reads what; `sheaf check` finds every mistake, with its line, before anything starts. This page is generated (`npm run reference`).',
    fenced(pageExample),
    section('A pipeline', 'A `?` after a key says that it may be left out.', table(pipelineFields)),
    section(
      'References',
      'A tensor is named where it comes from: `page` is an input of the pipeline, `locate.boxes` an output of a stage. With a `?` behind it (`detail.text?`) whoever reads it can do without. A stage that needs a tensor which was not computed does not run; an output that may be absent has to be written with a `?`, and the answer says which are (`sheaf_absent`).',
      'Dimensions may have names: `[rows, 64]` is any number of rows, and the same wherever `rows` stands in the signature. They are followed through the whole graph.',
    ),
    section('Inputs', table(inputFields)),
    section(
      'Context',
      'Values of a call that expressions may read. One of `metadata` and `parameter`.',
      kindsTable(contextVariants.kinds),
      table(contextVariants.shared),
    ),
    section(
      'Stages',
      `A stage is a step with a name. A step is exactly one of ${Object.keys(stepKinds)
        .map((kind) => `\`${kind}\``)
        .join(
          ', ',
        )}. Ensembles, switches, each and fallbacks have steps inside, of any kind, at most 8 deep; those take the inputs of the step around them unless they have \`inputs\` of their own.`,
      table({ ...stepFields, ...stageFields }),
      ...Object.entries(stepKinds).flatMap(([kind, fields]) => [
        `### ${kind}`,
        table(fields),
        ...(snippets[kind] ? [fenced(snippets[kind])] : []),
        ...(kind === 'transform' ? [transformText] : []),
        ...(kind === 'ensemble' ? ['A member is a step with these keys beside:', table(memberFields)] : []),
        ...(kind === 'switch' ? ['A branch is a step with this key beside:', table(branchFields)] : []),
      ]),
    ),
    section(
      'Combiners',
      'One of these under `combine`, with the output of the members that is read. A member that gives a NaN, or a shape unlike the others, has failed.',
      kindsTable(combinerVariants.kinds),
      table(combinerVariants.shared),
      fenced(snippets.stack ?? ''),
    ),
    section(
      'Rules',
      'In the order they are written; each has a name, a condition and one action. A rule sees the context and the shapes of the inputs; after the run also outputs of at most 1,024 elements.',
      table(beforeVariants.shared),
      '### before',
      kindsTable(beforeVariants.kinds),
      'When its condition cannot be evaluated the rule refuses (PERMISSION_DENIED, `RULE_FAILED`).',
      '### after',
      kindsTable(afterVariants.kinds),
      'When its condition cannot be evaluated the answer stays as it is, and says so (`sheaf_unevaluated`).',
    ),
    section(
      'Expressions',
      '[CEL](https://cel.dev), type-checked when the pipeline is loaded: at most 256 nodes, one loop at a time, no regular expressions.',
      [
        '| name | is | where |',
        '|---|---|---|',
        '| `context.<name>` | a declared value: text, number (double) or bool | everywhere |',
        '| `inputs.<name>.shape`, `.size`, `.bytes` | of an input: its dimensions, its number of elements, its bytes | everywhere |',
        '| `stages.<stage>.<output>` | the elements of what a stage gave, as a list | conditions of switches, weights |',
        '| `outputs.<name>` | the elements of an output, as a list | rules after |',
        '| `row.<output>` | the value of one row, or the list of it | `keep`, `where` |',
        "| `lowest(list)`, `highest(list)`, `mean(list)`, `sum(list)`, `abs(x)` | beside CEL's own `size`, `exists`, `all`, `filter`, `in`, ... | everywhere |",
      ].join('\n'),
      'When one fails at run time: a weight becomes 1, a condition of a switch does not hold, and the answer names the place (`sheaf_unevaluated`).',
    ),
    section(
      'What an answer tells',
      [
        '| response parameter | is |',
        '|---|---|',
        '| `sheaf_versions` | what made it: `read.cnn=digits-cnn/3, ...` |',
        '| `sheaf_ensembles` | JSON: of each ensemble the members used with their weights, and the codes of those missing |',
        '| `sheaf_degraded` | true when a member is missing, a fallback answered or an optional stage failed |',
        '| `sheaf_fallbacks`, `sheaf_failed` | JSON: what failed on the way, by stage |',
        '| `sheaf_absent` | outputs that were not computed |',
        '| `sheaf_rules`, `sheaf_rerouted` | rules that acted; where the call was handed to |',
        '| `sheaf_unevaluated` | expressions that failed |',
        '| `sheaf_explanation` | JSON, with the request parameter `sheaf_explain: true`: the path taken, as a tree with times |',
        '| `sheaf_plan` | JSON, with the request parameter `sheaf_plan: true`: what would happen; nothing runs |',
      ].join('\n'),
    ),
  ].join('\n\n')}\n`;
}
