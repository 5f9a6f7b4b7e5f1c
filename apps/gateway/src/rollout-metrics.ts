/** Counts what rollouts and shadows do. Names and versions are those of the mesh and of rollouts in it, so their labels are few. */
import type { CallTold, CopyTold, Traffic, TrafficBook } from '@sheaf/rollout';
import { observe, type Registry } from '@sheaf/telemetry';

export function countRollouts(registry: Registry, book: TrafficBook) {
  const calls = registry.counter('sheaf_rollout_calls_total');
  const durations = registry.histogram('sheaf_rollout_duration_seconds');
  const copies = registry.counter('sheaf_shadow_copies_total');
  const copyDurations = registry.histogram('sheaf_shadow_duration_seconds');
  const changedRules = registry.counter('sheaf_shadow_rules_changed_total');
  registry.read('sheaf_rollout_share_ratio', () =>
    [...book.all()].flatMap(([name, traffic]) =>
      sharesOf(traffic).map(([version, share]) => [[name, version], share] as const),
    ),
  );
  return {
    onCall: ({ name, version, outcome, ms }: CallTold): void => {
      calls.of(name, version, outcome).value++;
      if (outcome === 'answered') observe(durations.of(name, version), ms / 1_000);
    },
    onCopy: ({ name, version, result, ms, comparison }: CopyTold): void => {
      copies.of(name, version, result).value++;
      if (ms !== undefined) observe(copyDurations.of(name, version), ms / 1_000);
      if (comparison && comparison.rules.length > 0) changedRules.of(name, version).value++;
    },
  };
}

/** Of each version, with what the champion gets of those that were taken out; none where only copies are made. */
function sharesOf({
  champion,
  percent,
  arms,
  dropped,
}: Traffic): readonly (readonly [version: string, share: number])[] {
  if (champion === '') return [];
  const total = arms.reduce((sum, { weight }) => sum + weight, 0);
  const live = arms.filter(({ version }) => !dropped.includes(version));
  const shares = live.map(({ version, weight }) => [version, ((percent / 100) * weight) / total] as const);
  return [[champion, 1 - shares.reduce((sum, [, share]) => sum + share, 0)], ...shares];
}
