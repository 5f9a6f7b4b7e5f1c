import {
  boolean,
  choice,
  either,
  integer,
  list,
  mapOf,
  mapped,
  name,
  number,
  optional,
  type Reader,
  record,
  required,
  scalar,
  text,
  type VariantOf,
  variants,
} from '@sheaf/document';
import { versionSuffix } from '@sheaf/inference';
import { type Expression, parseExpression } from './expression.ts';

/** Reads an expression; a mistake in its syntax is one of the document. */
export const expression = (expected: string): Reader<Expression> =>
  mapped(text(expected), (written, path, problems) => {
    const parsed = parseExpression(written);
    return typeof parsed === 'string' ? problems.add(path, parsed) : parsed;
  });

/** What a rule may refuse with: what a caller can do something about. */
const codes = [
  'PERMISSION_DENIED',
  'INVALID_ARGUMENT',
  'FAILED_PRECONDITION',
  'RESOURCE_EXHAUSTED',
  'UNAVAILABLE',
] as const;

export interface Refusal {
  readonly code: (typeof codes)[number];
  /** `google.rpc.ErrorInfo.reason`. */
  readonly reason: string;
  readonly message: string;
}

const message = text('a sentence for the caller');
const refusal: Reader<Refusal> = mapped(
  either(
    (value) => typeof value === 'string',
    message,
    record({
      code: optional(choice(codes), 'The gRPC code. Default PERMISSION_DENIED.'),
      reason: optional(
        text('letters, digits and "_", such as TOO_LARGE', /^[A-Z][A-Z0-9_]{0,62}$/),
        'ErrorInfo.reason. Default RULE_DENIED.',
      ),
      message: required(message, 'What the caller is told.'),
    }),
  ),
  (given) =>
    typeof given === 'string'
      ? { code: 'PERMISSION_DENIED', reason: 'RULE_DENIED', message: given }
      : { code: given.code ?? 'PERMISSION_DENIED', reason: given.reason ?? 'RULE_DENIED', message: given.message },
);

/** What labels and parameters may be. */
const parameter = scalar(
  'true, false, a finite number or a text of at most 256 characters',
  (value): value is boolean | number | string =>
    typeof value === 'boolean' ||
    (typeof value === 'number' && Number.isFinite(value)) ||
    (typeof value === 'string' && value.length <= 256),
  { type: ['boolean', 'number', 'string'], maxLength: 256 },
);
/** Those that begin with sheaf_ say how an answer came to be; a rule that wrote one could say something else. */
const parameterName = scalar(
  'a name of letters, digits, "_" and "-" that does not begin with sheaf_',
  (value): value is string => typeof value === 'string' && /^(?!sheaf_)[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/.test(value),
  { type: 'string', pattern: '^(?!sheaf_)[A-Za-z0-9][A-Za-z0-9_-]{0,127}$' },
);
const parameters = mapOf(parameter, { min: 1, max: 16, noun: 'parameter', key: parameterName });

const outputName = text("an output's name");
const perOutput = <T>(item: Reader<T>): Reader<ReadonlyMap<string, T>> =>
  mapOf(item, { min: 1, max: 16, noun: 'output', key: outputName });

const shared = {
  name: required(name, 'Names the rule in answers, logs and traces.'),
  when: optional(expression('a condition'), 'The rule acts when this is true; always, when it is left out.'),
  shadow: optional(boolean, 'Only records what the rule would have done. Default false.'),
};

const pipelineName = text(
  'a pipeline, such as other, other/2 or other/champion',
  new RegExp(`^[A-Za-z0-9][A-Za-z0-9_-]{0,127}${versionSuffix}$`),
);

export const beforeVariants = {
  noun: 'rule',
  kinds: {
    refuse: { refuse: required(refusal, 'Ends the call with a refusal: a sentence, or code, reason and message.') },
    reroute: { reroute: required(pipelineName, 'Hands the call to another pipeline with the same inputs.') },
    set: {
      set: required(parameters, 'Sets parameters of the request, by name; those that begin with sheaf_ are ours.'),
    },
    'cap-rows': {
      'cap-rows': required(integer(1), 'Keeps so many rows of each input whose first dimension is open.'),
    },
  },
  shared,
} as const;

const where = optional(
  expression('a condition over row.<output>'),
  'Only in rows where this is true; `row.<output>` is the value of one row.',
);

export const afterVariants = {
  noun: 'rule',
  kinds: {
    refuse: { refuse: required(refusal, 'Ends the call with a refusal instead of the answer.') },
    label: {
      label: required(parameters, 'Adds parameters to the answer, by name; those that begin with sheaf_ are ours.'),
    },
    keep: {
      keep: required(
        expression('a condition over row.<output>'),
        'Keeps the rows where this is true, in every output that has the same rows; in one whose first dimension has another name, all of them.',
      ),
    },
    cap: { cap: required(perOutput(number(Number.NEGATIVE_INFINITY)), 'Lowers values above this, by output.'), where },
    raise: {
      raise: required(perOutput(number(Number.NEGATIVE_INFINITY)), 'Lifts values below this, by output.'),
      where,
    },
    round: { round: required(perOutput(integer(0, 15)), 'Rounds to so many decimals, by output.'), where },
    replace: {
      replace: required(perOutput(number(Number.NEGATIVE_INFINITY)), 'Writes this value, by output.'),
      where,
    },
  },
  shared,
} as const;

export type BeforeRule = VariantOf<typeof beforeVariants>;
export type AfterRule = VariantOf<typeof afterVariants>;

export interface RuleSet {
  readonly before: readonly BeforeRule[];
  readonly after: readonly AfterRule[];
}

export const rulesMax = 64;

const ordered = <T extends { readonly name: string }>(rule: Reader<T>): Reader<readonly T[]> =>
  mapped(list(rule, 'a list of rules', rulesMax), (rules, path, problems) => {
    for (const [index, { name: own }] of rules.entries())
      if (rules.findIndex((other) => other.name === own) !== index)
        problems.add([...path, index, 'name'], `another rule is called "${own}" already`);
    return rules;
  });

export const ruleSet: Reader<RuleSet> = mapped(
  record({
    before: optional(ordered(variants(beforeVariants)), 'In this order, before any stage runs.'),
    after: optional(
      ordered(variants(afterVariants)),
      'In this order, on the answer. Each sees what those before it made of it.',
    ),
  }),
  ({ before = [], after = [] }) => ({ before, after }),
);
