/** The reference page of the language, made from the definitions that the parser reads by. */
import { fenced, fieldsTable, kindsTable, section } from '@sheaf/document';
import { afterVariants, beforeVariants } from '@sheaf/rules';
import { combinerExamples, combinerVariants } from '../combiners/index.ts';
import { stageKinds } from '../stages/index.ts';
import type { KindReference, StageKind } from '../stages/stage-kind.ts';
import { pipelineFields, stageFields, stepFields, stepKinds } from './pipeline-document.ts';
import { contextVariants, inputFields } from './tensors.ts';

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

/** Stages of each kind, and of combiners, that are not in the example: parsed by the test of this page. */
export const snippets: Readonly<Record<string, string>> = Object.fromEntries([
  ...Object.entries<StageKind>(stageKinds).flatMap(([kind, { reference }]) =>
    reference?.example === undefined ? [] : [[kind, reference.example]],
  ),
  ...combinerExamples,
]);

/** Rules of each place: parsed by the test of this page. */
export const ruleSnippets = {
  before: `
- name: too-large
  when: inputs.page.size > 4000000
  refuse: { code: RESOURCE_EXHAUSTED, reason: PAGE_TOO_LARGE, message: a page has at most 4 million pixels }`,
  after: `
- { name: sure-enough, keep: row.confidence >= 0.5 }
- { name: unsure, when: 'outputs.confidence.exists(c, c < 0.7)', label: { decision: check } }`,
} as const;

function kindText(kind: string, { example, texts = [], innerFields }: KindReference): string[] {
  return [
    `### ${kind}`,
    fieldsTable(stepKinds[kind] ?? {}),
    ...(example === undefined ? [] : [fenced(example)]),
    ...(innerFields ? [innerFields.text, fieldsTable(innerFields.fields)] : []),
    ...texts,
  ];
}

const pipelineSection = (): string =>
  section(
    'A pipeline',
    'A `?` after a key says that it may be left out. Names of stages, members and rules are of letters, digits, "_" and "-". In an expression a name with a "-" is written `stages["net-a"]`.',
    fieldsTable(pipelineFields),
  );

const referencesSection = (): string =>
  section(
    'References',
    'A tensor is named where it comes from: `page` is an input of the pipeline, `locate.boxes` an output of a stage. With a `?` behind it (`detail.text?`) whoever reads it can do without. A stage that needs a tensor which was not computed does not run; an output that may be absent has to be written with a `?`, and the answer says which are (`sheaf_absent`).',
    'Dimensions may have names: `[rows, 64]` is any number of rows, and the same wherever `rows` stands in the signature. They are followed through the whole graph: the names of a model, a transform or another pipeline are its own, and meet those of this file where a tensor goes in and comes out. Signatures of models are read from the model files.',
  );

const inputsSection = (): string => section('Inputs', fieldsTable(inputFields));

const contextSection = (): string =>
  section(
    'Context',
    'Values of a call that expressions may read: where it comes from, and a default. A value that is not of the type of its default is refused before anything runs (INVALID_ARGUMENT, `CONTEXT_INVALID`), whether anything reads it or not.',
    kindsTable(contextVariants.kinds),
    fieldsTable(contextVariants.shared),
  );

const stagesSection = (): string =>
  section(
    'Stages',
    `A stage is a step with a name. A step is exactly one of ${Object.keys(stepKinds)
      .map((kind) => `\`${kind}\``)
      .join(
        ', ',
      )}. Ensembles, switches, each and fallbacks have steps inside, of any kind, at most 8 deep; those take the inputs of the step around them unless they have \`inputs\` of their own. One request sets off at most 4,096 calls to models and transforms, with all pipelines inside (RESOURCE_EXHAUSTED, \`TOO_MANY_CALLS\`); at most 64 of them are under way at once, the others wait.`,
    fieldsTable({ ...stepFields, ...stageFields }),
    ...Object.entries<StageKind>(stageKinds).flatMap(([kind, { reference = {} }]) => kindText(kind, reference)),
  );

const combinersSection = (): string =>
  section(
    'Combiners',
    'One of these under `combine`, with the output of the members that is read. A member that gives a NaN, or a tensor that is not what its signature says for these inputs, has failed; where a size is open, one that differs from what most of the members gave. Numbers may be FP16, BF16, FP32 or FP64: they are combined in float64, and rounded once to what the members have. Of `[rows, classes]` both votes give `label` (INT64 [rows]: the index of the class), `score` (FP32 [rows]: of soft-vote the winning average, of hard-vote the share of the weight that voted for it) and `votes` (INT64 [rows, members]: what each member said, in the order of their names; -1 of one that did not answer). Of `[rows]` of labels, which may be texts (BYTES) or integers, hard-vote gives `label` as the members have it, and of texts `votes` of texts, empty of one that did not answer; of two labels with as many votes the lower one wins, or the one whose bytes come first. Of no rows they give none.',
    kindsTable(combinerVariants.kinds),
    fieldsTable(combinerVariants.shared),
    ...combinerExamples.map(([, example]) => fenced(example)),
  );

const rulesSection = (): string =>
  section(
    'Rules',
    'In the order they are written, each sees what those before it made: after a `keep`, `outputs` are the rows that were kept. Each has a name, a condition and one action. A rule sees the context and the shapes of the inputs; after the run also those outputs that it names, as long as they have at most 1,024 elements: an expression that reads a larger one fails. A `keep` also takes rows out of outputs that it does not read, whatever their size.',
    fieldsTable(beforeVariants.shared),
    '### before',
    kindsTable(beforeVariants.kinds),
    fenced(ruleSnippets.before),
    '`code` is one of PERMISSION_DENIED (the default), INVALID_ARGUMENT, FAILED_PRECONDITION, RESOURCE_EXHAUSTED, UNAVAILABLE; `reason` is RULE_DENIED unless given; a sentence alone takes both defaults.',
    'When its condition cannot be evaluated the rule refuses (PERMISSION_DENIED, `RULE_FAILED`).',
    '### after',
    kindsTable(afterVariants.kinds),
    fenced(ruleSnippets.after),
    'Outputs have the same rows when the graph says so: their first dimension is one and the same, through every stage between them (a model that gives as many rows as it takes hands the dimension on). `sheaf check` tells where they need not be.',
    'When its condition cannot be evaluated the answer stays as it is, and says so (`sheaf_unevaluated`).',
  );

const expressionsSection = (): string =>
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
      '',
      'Elements of FP32 are seen as doubles. Of an empty list `lowest` is infinite, `highest` minus infinite, `sum` 0 and `mean` no number, so that no comparison with it holds by accident.',
    ].join('\n'),
    'When one fails at run time: a weight becomes 1, a condition of a switch does not hold, and the answer names the place (`sheaf_unevaluated`).',
  );

const answerSection = (): string =>
  section(
    'What an answer tells',
    [
      '| response parameter | is |',
      '|---|---|',
      '| `sheaf_versions` | what made it: `read.cnn=digits-cnn/3, ...`; of a pipeline inside also what made its answer, under its stage: `read=read-digits/1, read.vote.cnn=...`, as in all of these |',
      '| `sheaf_ensembles` | JSON: of each ensemble the members used with their weights, and the codes of those missing |',
      '| `sheaf_degraded` | true when a member is missing, a fallback answered or an optional stage failed |',
      '| `sheaf_fallbacks`, `sheaf_failed` | JSON: what failed on the way, by stage |',
      '| `sheaf_absent` | outputs that were not computed |',
      '| `sheaf_rules`, `sheaf_rerouted` | rules that acted; where the call was handed to |',
      '| `sheaf_shadow` | rules with `shadow: true` that would have acted |',
      '| `sheaf_unevaluated` | expressions that failed |',
      '| `sheaf_explanation` | JSON, with the request parameter `sheaf_explain: true`: the path taken, as a tree with times |',
      '| `sheaf_plan` | JSON, with the request parameter `sheaf_plan: true`: what would happen, with the limits that hold; nothing runs |',
    ].join('\n'),
  );

/** The text of docs/reference/pipeline.md. */
export function referencePage(): string {
  return `${[
    '# The pipeline language',
    'A pipeline is one YAML file in `pipelines/` of a mesh folder, called as you like; several versions of one are files of their own. Callers address it like a model. What runs when follows from what reads what; `sheaf check` finds every mistake, with its line, before anything starts. This page is generated (`npm run reference`).',
    fenced(pageExample),
    pipelineSection(),
    referencesSection(),
    inputsSection(),
    contextSection(),
    stagesSection(),
    combinersSection(),
    rulesSection(),
    expressionsSection(),
    answerSection(),
  ].join('\n\n')}\n`;
}
