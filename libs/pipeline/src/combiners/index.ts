import {
  checked,
  type Fields,
  list,
  mapped,
  optional,
  type Reader,
  required,
  text,
  type ValuesOf,
  variants,
} from '@sheaf/document';
import type { Combiner, CombinerBase } from './combiner.ts';
import { first } from './first.ts';
import { hardVote } from './hard-vote.ts';
import { max } from './max.ts';
import { mean } from './mean.ts';
import { median } from './median.ts';
import { softVote } from './soft-vote.ts';
import { stack } from './stack.ts';
import { weightedMean } from './weighted-mean.ts';

/** Every combiner, by the key that a document writes. */
const combiners = {
  mean,
  'weighted-mean': weightedMean,
  median,
  max,
  'soft-vote': softVote,
  'hard-vote': hardVote,
  first,
  stack,
} as const satisfies Readonly<Record<string, Combiner>>;

type Combiners = typeof combiners;
export type CombinerKind = keyof Combiners;
export const combinerKinds = Object.keys(combiners) as CombinerKind[];

type OwnValues<C> = C extends { readonly fields: infer F extends Fields } ? ValuesOf<F> : unknown;

/** How the members' answers become one. */
export type CombinerSpec = {
  [K in CombinerKind]: CombinerBase & { readonly kind: K } & OwnValues<Combiners[K]>;
}[CombinerKind];

export const combinerOf = ({ kind }: CombinerSpec): Combiner => combiners[kind];

const labels = optional(
  checked(
    list(text('the name of a class'), 'a list of class names', 10_000),
    (names, path, problems) => {
      if (new Set(names).size < names.length) problems.add(path, 'two classes have the same name');
    },
    { uniqueItems: true },
  ),
  "Names of the classes, in the order that the members' last dimension has. Needed where a member has `labels` of its own. Default: as the first model file that names classes.",
);

export const combinerVariants = {
  noun: 'combiner',
  kinds: Object.fromEntries(
    Object.entries<Combiner>(combiners).map(([kind, { doc, fields }]) => [
      kind,
      { [kind]: required(text("the members' output"), doc), ...fields } as Fields,
    ]),
  ),
  shared: { labels },
};

/** Examples for the reference page, by kind. */
export const combinerExamples = Object.entries<Combiner>(combiners).flatMap(
  ([kind, { example }]): [string, string][] => (example === undefined ? [] : [[kind, example]]),
);

export const combiner: Reader<CombinerSpec> = mapped(variants(combinerVariants), (read) => {
  const { [read.kind]: output, ...others } = read as { readonly kind: string } & Readonly<Record<string, unknown>>;
  return { ...others, output } as CombinerSpec;
});

/** The combiners that read the members' weights, as a message names them. */
export const weighingCombiners = Object.entries<Combiner>(combiners)
  .flatMap(([kind, { weighs }]) => (weighs ? [kind] : []))
  .join(', ');
