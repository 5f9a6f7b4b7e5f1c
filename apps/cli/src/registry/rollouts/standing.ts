/** How a rollout stands, as the registry tells it. */
import type { Evidence, GuardReading, Rollout, RolloutPlan, RolloutState } from '@sheaf/rollout';
import type { RolloutStandingMessage } from '@sheaf/transport';

export interface Standing extends Pick<Rollout, 'id' | 'name' | 'by' | 'createdAtMs'> {
  readonly plan: RolloutPlan;
  readonly state: RolloutState;
  readonly readings: readonly GuardReading[];
  readonly seen: Evidence;
}

export function standingOf({ rollout, readingsJson, seenJson }: RolloutStandingMessage): Standing {
  if (!rollout) throw new Error('the registry tells of a rollout that is not there');
  const { state } = JSON.parse(rollout.evidenceJson) as { readonly state: RolloutState };
  return {
    ...{ id: String(rollout.id), name: rollout.name, by: rollout.by, createdAtMs: rollout.createdAtMs, state },
    plan: JSON.parse(rollout.specJson) as RolloutPlan,
    readings: JSON.parse(readingsJson) as readonly GuardReading[],
    seen: JSON.parse(seenJson) as Evidence,
  };
}
