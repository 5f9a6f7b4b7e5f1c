import { list, mapped, name, optional, type Reader, required, text, variants } from '@sheaf/document';
import { versionText } from '../language/version.ts';

const output = text("the members' output");
const labels = optional(
  mapped(list(text('the name of a class'), 'a list of class names', 10_000), (names, path, problems) =>
    new Set(names).size === names.length ? names : problems.add(path, 'two classes have the same name'),
  ),
  "Names of the classes, in the order that the members' last dimension has. Needed where a member has `labels` of its own. Default: as the first model file that names classes.",
);
const kind = (doc: string) => required(output, doc);

export const combinerVariants = {
  noun: 'combiner',
  kinds: {
    mean: { mean: kind('The arithmetic mean of this output, element by element.') },
    'weighted-mean': { 'weighted-mean': kind("The mean by the members' weights.") },
    median: { median: kind('The median, element by element; of an even number, the mean of the middle two.') },
    max: { max: kind('The largest value, element by element.') },
    'soft-vote': {
      'soft-vote': kind(
        'Averages class probabilities by weight. Gives label, score, votes, and the average itself under its own name.',
      ),
    },
    'hard-vote': {
      'hard-vote': kind(
        'Each member has one vote a row, by weight: its label, an integer or a text, or the likeliest class of its probabilities. Gives label, score and votes.',
      ),
    },
    first: { first: kind('The first good answer; the other members are cancelled.') },
    stack: {
      stack: kind(
        "A meta-model reads the members' outputs, joined along the last dimension in the order of the members' names.",
      ),
      model: required(name, 'The meta-model.'),
      version: optional(versionText, 'Its version. Default: the newest.'),
      input: optional(text("an input's name"), 'Its input. Default: the only one it has.'),
    },
  },
  shared: { labels },
} as const;

export const combinerKinds = Object.keys(combinerVariants.kinds) as CombinerSpec['kind'][];

/** How the members' answers become one. `output` is what is read of each member. */
export type CombinerSpec = {
  readonly output: string;
  readonly labels: readonly string[] | undefined;
} & (
  | { readonly kind: 'mean' | 'weighted-mean' | 'median' | 'max' | 'soft-vote' | 'hard-vote' | 'first' }
  | {
      readonly kind: 'stack';
      readonly model: string;
      readonly version: string | undefined;
      readonly input: string | undefined;
    }
);

export const combiner: Reader<CombinerSpec> = mapped(variants(combinerVariants), (read) => {
  const spec = { output: (read as Readonly<Record<string, unknown>>)[read.kind] as string, labels: read.labels };
  return read.kind === 'stack'
    ? { ...spec, kind: read.kind, model: read.model, version: read.version, input: read.input }
    : { ...spec, kind: read.kind };
});
