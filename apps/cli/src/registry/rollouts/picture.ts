/** A rollout as text: shares, what was seen of each version, guards, and what has happened. */
import {
  type ArmEvidence,
  isOver,
  liveArms,
  phaseText,
  quantileOf,
  type ShadowEvidence,
  stageOf,
  upperDifference,
  upperMs,
} from '@sheaf/rollout';
import { printable } from '@sheaf/terminal';
import { timeText } from '../print.ts';
import type { Standing } from './standing.ts';

/** Columns of a bar that is all of the calls. */
const barWidth = 40;
/** The latest changes that are shown. */
const changesShown = 8;

/** One line each. */
export function pictureOf(standing: Standing): readonly string[] {
  const { name, id, plan, state, by, readings, seen } = standing;
  const { phase, sinceMs, changes } = state;
  const head = `${name}: ${phaseText(plan, phase)} since ${timeText(sinceMs)} (rollout ${id}, by ${printable(by)})`;
  const verdicts = readings.map(
    ({ guard, verdict, from, told }) => `  ${guard.padEnd(10)}${verdict.padEnd(8)}${from.padEnd(8)}${told}`,
  );
  const told = changes
    .slice(-changesShown)
    .map(({ atMs, to, why, by: who }) => `  ${timeText(atMs)}  ${to} (${printable(who)}): ${printable(why)}`);
  return [
    head,
    '',
    ...sharesOf(standing).map(([version, share]) => armLine(version, share, seen.arms[version])),
    ...Object.entries(seen.shadows).flatMap(([version, shadow]) => shadowLines(version, shadow)),
    ...(verdicts.length > 0 ? ['', 'guards', ...verdicts] : []),
    ...(told.length > 0 ? ['', 'so far', ...told] : []),
    ...(isOver(state) ? [] : ['', nextText(standing)]),
  ];
}

/** What callers get, by version; those that were taken out have nothing. */
export function sharesOf({
  plan,
  state,
}: Pick<Standing, 'plan' | 'state'>): readonly (readonly [version: string, share: number])[] {
  const { phase } = state;
  if (phase.kind === 'promoting' || phase.kind === 'promoted') return [[phase.version, 1]];
  const stage = stageOf(state);
  const percent = stage?.kind === 'canary' ? (plan.steps[stage.step]?.percent ?? 0) : 0;
  const total = plan.arms.reduce((sum, { weight }) => sum + weight, 0);
  const live = liveArms(plan, state);
  const arms = plan.arms.map(
    ({ version, weight }) => [version, live.includes(version) ? ((percent / 100) * weight) / total : 0] as const,
  );
  return [[plan.champion, 1 - arms.reduce((sum, [, share]) => sum + share, 0)], ...arms];
}

function armLine(version: string, share: number, arm: ArmEvidence | undefined): string {
  const full = Math.round(share * barWidth);
  const bar = `${'#'.repeat(full)}${'.'.repeat(barWidth - full)}`;
  const line = `  ${version.padEnd(6)}${bar} ${partText(share).padStart(7)}`;
  if (!arm || arm.calls === 0) return line;
  const latency = [0.5, 0.95].map(
    (quantile) => `p${quantile * 100} ${msText(quantileOf(arm.latency, quantile, upperMs))}`,
  );
  return `${line}  ${arm.calls} calls, ${partText(arm.failed / arm.calls)} failed, ${latency.join(', ')}`;
}

function shadowLines(version: string, shadow: ShadowEvidence): readonly string[] {
  const { compared, agreed, failed, skipped, outputs, rules, latency, championLatency, examples } = shadow;
  if (compared + skipped === 0) return [];
  const part = compared === 0 ? 'none' : partText(agreed / compared);
  const changed = Object.entries(rules).map(([rule, count]) => `${printable(rule)} ${count}`);
  const p95 = (bins: readonly number[]): string => msText(quantileOf(bins, 0.95, upperMs));
  const differences = Object.entries(outputs).map(([output, own]) => {
    const at = (quantile: number): string => numberText(quantileOf(own.differences, quantile, upperDifference));
    return `    ${printable(output)}: ${partText(own.agreed / own.compared)} agree; apart p50 ${at(0.5)}, p99 ${at(0.99)}`;
  });
  return [
    `  ${version.padEnd(6)}in shadow: ${compared} compared, ${part} agree, ${failed} failed, ${skipped} skipped; p95 ${p95(latency)}, of the champion ${p95(championLatency)}`,
    ...differences,
    ...(changed.length > 0 ? [`    rules that came out otherwise: ${changed.join(', ')}`] : []),
    ...examples.map(({ why, trace }) => `    ${printable(why)} (trace ${trace})`),
  ];
}

function nextText({ plan, state, seen }: Standing): string {
  const stage = stageOf(state);
  const limits = stage?.kind === 'shadow' ? plan.shadow : stage && plan.steps[stage.step];
  if (!stage || !limits || state.phase.kind === 'held') return 'it waits';
  const counts = liveArms(plan, state).map((version) =>
    stage.kind === 'shadow' ? (seen.shadows[version]?.compared ?? 0) : (seen.arms[version]?.calls ?? 0),
  );
  const what = stage.kind === 'shadow' ? 'copies' : 'calls';
  return `next: from ${timeText(state.sinceMs + limits.waitMs)} on, with ${limits.callsMin} ${what} of each version; ${Math.min(...counts)} so far`;
}

const partText = (part: number): string => `${Number((part * 100).toPrecision(3))} %`;
const numberText = (value: number | undefined): string =>
  value === undefined ? 'none' : String(Number(value.toPrecision(2)));
const msText = (value: number | undefined): string => (value === undefined ? 'none' : `${numberText(value)} ms`);
