/** How a rollout is written, in a file or behind the options of a command. */
import {
  boolean,
  choice,
  duration,
  either,
  integer,
  list,
  mapOf,
  mapped,
  number,
  optional,
  Problems,
  type Reader,
  record,
  required,
  text,
  type ValueOf,
  withDefault,
} from '@sheaf/document';
import type { RolloutPlan, Sticky } from './plan.ts';

const minuteMs = 60_000;
const percent = number(0.01, 100);
const part = number(0, 1);

/** Of copies, in a rollout and in mesh.yaml. */
export const copyFields = {
  percent: withDefault(percent, 10, 'Of the calls, so many are copied.'),
  callsInFlight: withDefault(integer(1, 64), 2, 'Copies under way at once, in each gateway.'),
  agree: withDefault(
    choice(['labels', 'values']),
    'labels',
    'When two answers are the same: `labels` (whole numbers, texts, the largest column of each row) or `values` (every number).',
  ),
  tolerance: withDefault(
    number(0, 1),
    0.001,
    'Numbers are the same where they differ by at most this times (1 + the larger of both).',
  ),
};

const shadow = record({
  ...copyFields,
  wait: withDefault(duration, 10 * minuteMs, 'It lasts at least so long, such as 10m.'),
  calls: withDefault(integer(1), 200, 'Copies that are compared before the first step.'),
  examples: withDefault(
    boolean,
    false,
    'The worst disagreements are kept with the inputs of their calls, for whoever may read the registry.',
  ),
});

const step = record({
  percent: required(percent, 'Of the calls that name no version.'),
  wait: withDefault(duration, 10 * minuteMs, 'It lasts at least so long, such as 10m.'),
  calls: withDefault(integer(1), 200, 'Calls that each version has to have had.'),
});

const sticky: Reader<Sticky> = mapped(
  either<'tenant' | 'key' | 'random', { readonly metadata: string }>(
    (value) => typeof value === 'string',
    choice(['tenant', 'key', 'random']),
    record({
      metadata: required(text('a metadata key in lower case, such as x-user', /^[a-z0-9_.-]{1,128}$/), 'By this key.'),
    }),
  ),
  (read): Sticky => (typeof read === 'string' ? { kind: read } : { kind: 'metadata', key: read.metadata }),
);

const guards = record({
  errors: optional(part, 'So much more of its calls may fail than of the champion; 0.01 is one in a hundred.'),
  latency: optional(
    record({
      quantile: withDefault(number(0.5, 0.999), 0.95, 'Which one is looked at.'),
      ratio: withDefault(number(1, 100), 1.5, 'It may be so many times that of the champion.'),
      slack: withDefault(duration, 5, 'So much more is always let pass.'),
    }),
    'How long answers may take, beside those of the champion.',
  ),
  agreement: optional(part, 'At least this part of the compared answers is the same.'),
  rules: optional(part, 'In at most this part of the calls rules come out otherwise.'),
  quality: optional(part, 'The mean loss may be so much higher than that of the champion, where outcomes are told.'),
});

const version = text('a version, such as 4', /^[1-9][0-9]{0,14}$/);

export const planDocument = record({
  versions: required(
    mapOf(number(0.001, 1_000_000), { min: 1, max: 8, noun: 'version', key: version }),
    'What is tried, with the part that each has of the percent of a step.',
  ),
  against: optional(version, 'What it is tried against. Default: the champion.'),
  sticky: optional(sticky, 'Callers with the same tenant, key or metadata stay with their version. Default tenant.'),
  shadow: optional(shadow, 'Copies of calls are compared before the first step, and beside all steps.'),
  steps: optional(list(step, 'a list of steps', 32), 'Shares of the calls, in order. Default: 5, 25 and 50 percent.'),
  guards: optional(
    guards,
    'What ends it. Default: errors 0.01, latency, rules 0.02, and with a shadow agreement 0.98.',
  ),
  falseAlarm: withDefault(
    number(0.0001, 0.5),
    0.05,
    'How often, at most, a rollout whose versions keep within the guards is ended nevertheless.',
  ),
});

export type PlanGiven = ValueOf<typeof planDocument>;

/** Reads a plan from a stranger: what it says, or what is wrong with it, a line for each mistake. */
export function parsePlan(value: unknown): PlanGiven | string {
  const problems = new Problems();
  const read = planDocument.read(value, [], problems);
  if (read && problems.list.length === 0) return read;
  return problems.list.map(({ path, message }) => `${path.join('.') || 'the plan'}: ${message}`).join('\n');
}

const usualSteps = [5, 25, 50].map((share) => ({ percent: share, wait: 10 * minuteMs, calls: 200 }));
const usualLatency = { quantile: 0.95, ratio: 1.5, slack: 5 };

/** The plan that is meant; `champion` is what the name has now. */
export function planOf(given: PlanGiven, champion: string): RolloutPlan {
  const [first, ...others] = [...given.versions].map(([own, weight]) => ({ version: own, weight }));
  if (!first) throw new Error('a rollout without versions was let pass');
  const copied = given.shadow;
  return {
    champion: given.against ?? champion,
    arms: [first, ...others],
    sticky: given.sticky ?? { kind: 'tenant' },
    shadow: copied && {
      percent: copied.percent,
      callsInFlightMax: copied.callsInFlight,
      by: copied.agree,
      tolerance: copied.tolerance,
      waitMs: copied.wait,
      callsMin: copied.calls,
      keepExamples: copied.examples,
    },
    steps: (given.steps ?? usualSteps).map(({ percent: share, wait, calls }) => ({
      percent: share,
      waitMs: wait,
      callsMin: calls,
    })),
    guards: guardsOf(given),
    falseAlarmMax: given.falseAlarm,
  };
}

function guardsOf({ guards: given, shadow: copied }: PlanGiven): RolloutPlan['guards'] {
  const { errors, latency, agreement, rules, quality } = given ?? {
    errors: 0.01,
    latency: usualLatency,
    agreement: copied ? 0.98 : undefined,
    rules: 0.02,
  };
  return {
    errors: errors === undefined ? undefined : { worseMax: errors },
    latency: latency && { quantile: latency.quantile, ratioMax: latency.ratio, slackMs: latency.slack },
    agreement: agreement === undefined ? undefined : { min: agreement },
    rules: rules === undefined ? undefined : { changedMax: rules },
    quality: quality === undefined ? undefined : { worseMax: quality },
  };
}
