/** What the evidence says of each guard. */
import { type ArmEvidence, type Evidence, noArm, noShadow, type ShadowEvidence } from './evidence.ts';
import { countOf, unbounded } from './histogram.ts';
import { type GuardName, type Guards, type RolloutPlan, readingsOf } from './plan.ts';
import { type Bounds, meanBounds } from './sequential/mean-bounds.ts';
import { quantileBounds } from './sequential/quantile-bounds.ts';

/** What a guard says of one version. */
export interface GuardReading {
  readonly guard: GuardName;
  readonly version: string;
  /** Where the numbers are from: calls of its share, or copies as a shadow. */
  readonly from: 'calls' | 'shadow';
  /** `failed`: surely worse than allowed. `holds`: surely not. `open`: so far either may be. */
  readonly verdict: 'failed' | 'holds' | 'open';
  /** Of the version, by all that was seen. */
  readonly candidate: Bounds & { readonly count: number };
  /** Of the champion; undefined where the guard is about the version alone. */
  readonly champion?: (Bounds & { readonly count: number }) | undefined;
  /** In a sentence, with the numbers. */
  readonly told: string;
}

/** All guards of all versions that are `live`, in the order of the plan. */
export function readGuards(plan: RolloutPlan, evidence: Evidence, live: readonly string[]): readonly GuardReading[] {
  const { guards, champion } = plan;
  // A guard reads calls and copies: two tests; each of them takes bounds of both versions.
  const alpha = plan.falseAlarmMax / readingsOf(plan) / 2;
  const own = evidence.arms[champion] ?? noArm();
  return live.flatMap((version) => {
    const about: About = { guards, version, champion, alpha };
    const arm = evidence.arms[version];
    const shadow = evidence.shadows[version];
    return [...(arm ? readArm(about, arm, own) : []), ...(shadow ? readShadow(about, shadow) : [])];
  });
}

interface About {
  readonly guards: Guards;
  readonly version: string;
  readonly champion: string;
  /** Of one test. */
  readonly alpha: number;
}

/** What a version did with its share of the calls, beside what the champion did with the rest. */
function readArm(about: About, arm: ArmEvidence, own: ArmEvidence): GuardReading[] {
  const { errors, latency, rules, quality } = about.guards;
  const mean = (count: number, sum: number) => ({ ...meanBounds({ count, sum }, about.alpha / 2), count });
  const readings: GuardReading[] = [];
  if (errors) {
    const [candidate, champion] = [mean(arm.calls, arm.failed), mean(own.calls, own.failed)];
    readings.push(rise(about, 'errors', 'fails in', candidate, champion, errors.worseMax));
  }
  if (latency) readings.push(readLatency(about, latency, arm, own));
  if (rules) {
    const [candidate, champion] = [mean(arm.calls, arm.ruled), mean(own.calls, own.ruled)];
    readings.push(change(about, candidate, champion, rules.changedMax));
  }
  if (quality) {
    const [candidate, champion] = [mean(arm.loss.count, arm.loss.sum), mean(own.loss.count, own.loss.sum)];
    readings.push(rise(about, 'quality', 'loses', candidate, champion, quality.worseMax));
  }
  return readings;
}

type Counted = Bounds & { readonly count: number };

/** Whether a part of the calls is larger than that of the champion by more than is let pass. */
function rise(
  { version, champion: by }: About,
  guard: GuardName,
  does: string,
  candidate: Counted,
  champion: Counted,
  most: number,
): GuardReading {
  const verdict =
    candidate.lower > champion.upper + most ? 'failed' : candidate.upper <= champion.lower + most ? 'holds' : 'open';
  const told = `version ${version} ${does} ${between(candidate)} of ${candidate.count} calls, version ${by} ${between(champion)} of ${champion.count}; ${percent(most)} more is let pass`;
  return { guard, version, from: 'calls', verdict, candidate, champion, told };
}

/** Whether rules act more or less often than they do for the champion, by more than is let pass. */
function change({ version, champion: by }: About, candidate: Counted, champion: Counted, most: number): GuardReading {
  const apartMin = Math.max(candidate.lower - champion.upper, champion.lower - candidate.upper);
  const apartMax = Math.max(candidate.upper - champion.lower, champion.upper - candidate.lower);
  const verdict = apartMin > most ? 'failed' : apartMax <= most ? 'holds' : 'open';
  const told = `rules act in ${between(candidate)} of ${candidate.count} calls of version ${version}, and in ${between(champion)} of ${champion.count} of version ${by}; ${percent(most)} otherwise is let pass`;
  return { guard: 'rules', version, from: 'calls', verdict, candidate, champion, told };
}

function readLatency(
  { version, champion: by, alpha }: About,
  { quantile, ratioMax, slackMs }: NonNullable<Guards['latency']>,
  arm: ArmEvidence,
  own: ArmEvidence,
): GuardReading {
  const bounds = ({ latency }: ArmEvidence): Counted => ({
    ...quantileBounds(latency, quantile, alpha / 2),
    count: countOf(latency),
  });
  const [candidate, champion] = [bounds(arm), bounds(own)];
  const most = (ms: number): number => ms * ratioMax + slackMs;
  const verdict =
    candidate.lower > most(champion.upper) ? 'failed' : candidate.upper <= most(champion.lower) ? 'holds' : 'open';
  const which = `p${Math.round(quantile * 1_000) / 10}`;
  const told = `${which} of version ${version} is ${betweenMs(candidate)} in ${candidate.count} answers, of version ${by} ${betweenMs(champion)} in ${champion.count}; ${ratioMax} times as long and ${slackMs} ms are let pass`;
  return { guard: 'latency', version, from: 'calls', verdict, candidate, champion, told };
}

/** What a version answered where the caller had the answer of another one. */
function readShadow(about: About, shadow: ShadowEvidence = noShadow()): GuardReading[] {
  const { errors, agreement, rules } = about.guards;
  const { compared, agreed, failed, rulesChanged } = shadow;
  const part = (guard: GuardName, count: number, most: number, does: string): GuardReading => {
    const candidate = { ...meanBounds({ count: compared, sum: count }, about.alpha), count: compared };
    const verdict = candidate.lower > most ? 'failed' : candidate.upper <= most ? 'holds' : 'open';
    const told = `version ${about.version} ${does} ${between(candidate)} of ${compared} copies; ${percent(most)} is let pass`;
    return { guard, version: about.version, from: 'shadow', verdict, candidate, told };
  };
  return [
    ...(errors ? [part('errors', failed, errors.worseMax, 'fails in')] : []),
    ...(agreement ? [part('agreement', compared - agreed, 1 - agreement.min, 'answers otherwise in')] : []),
    ...(rules ? [part('rules', rulesChanged, rules.changedMax, 'has rules come out otherwise in')] : []),
  ];
}

const percent = (part: number): string => `${Number((part * 100).toPrecision(3))} %`;
const between = ({ lower, upper }: Bounds): string => `${percent(lower)} to ${percent(upper)}`;
const ms = (value: number): string => (value === unbounded ? 'any' : String(Number(value.toPrecision(3))));
const betweenMs = ({ lower, upper }: Bounds): string => `${ms(lower)} to ${ms(upper)} ms`;
