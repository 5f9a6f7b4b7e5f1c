/** Rollouts of a registry that is asked by gRPC, as gateways need them. */
import type { Rollout, RolloutReader } from '@sheaf/rollout';
import type { RegistryCalls, SnapshotMessage } from '@sheaf/transport';
import type { RegistryWatch, WatchedEntry } from '../client/watch-registry.ts';
import { championAlias, isTraffic, justOverMs } from './rollout-store.ts';

type RolloutMessage = SnapshotMessage['entries'][number]['rollouts'][number];

/** One that has promoted a version a moment ago. */
interface JustOver {
  readonly rollout: Rollout;
  readonly untilMs: number;
}

/** `now` in milliseconds, of any beginning. */
export function watchedRollouts(
  calls: Pick<RegistryCalls, 'getRollout' | 'reportEvidence'>,
  watch: Pick<RegistryWatch, 'snapshot'>,
  now: () => number,
): RolloutReader {
  let running = new Map<string, Rollout>();
  const justOver = new Map<string, JustOver>();
  /** A watch tells of those that have not ended; how one has ended has to be asked. */
  const noteEnded = async ({ id, kind, name }: Rollout): Promise<void> => {
    const { rollout } = await calls.getRollout({ kind, name });
    const ended = rollout && rolloutOf(rollout);
    if (ended?.id === id && ended.state.phase.kind === 'promoted')
      justOver.set(id, { rollout: ended, untilMs: now() + justOverMs });
  };
  return {
    inForce: async () => {
      const { entries } = await watch.snapshot();
      const next = new Map(entries.flatMap(runningOf).map((rollout) => [rollout.id, rollout] as const));
      const gone = [...running.values()].filter(({ id }) => !next.has(id));
      await Promise.all(gone.map(noteEnded));
      running = next;
      for (const [id, { rollout, untilMs }] of justOver)
        if (now() >= untilMs || !stillHolds(rollout, entries)) justOver.delete(id);
      return [...next.values(), ...[...justOver.values()].map(({ rollout }) => rollout)];
    },
    report: async (reports) => {
      const [first] = reports;
      if (!first) return;
      await calls.reportEvidence({
        source: first.source,
        reports: reports.map(({ rollout, period, evidence }) => ({
          ...{ rollout: Number(rollout), period },
          evidenceJson: JSON.stringify(evidence),
        })),
      });
    },
  };
}

const runningOf = ({ rollouts }: WatchedEntry): Rollout[] =>
  rollouts.filter((one) => !one.ended && isTraffic(one)).map(rolloutOf);

/** What a rollout has promoted may have been moved back by somebody a moment later: that counts at once. */
const stillHolds = ({ kind, name, state: { phase } }: Rollout, entries: readonly WatchedEntry[]): boolean =>
  phase.kind === 'promoted' &&
  entries.some(
    (entry) =>
      entry.kind === kind &&
      entry.name === name &&
      entry.aliases.some(({ alias, version }) => alias === championAlias && String(version) === phase.version),
  );

/** As the registry itself has written it. */
const rolloutOf = (message: RolloutMessage): Rollout => ({
  ...{ id: String(message.id), name: message.name, by: message.by, createdAtMs: message.createdAtMs },
  kind: message.kind === 'pipeline' ? 'pipeline' : 'model',
  revision: message.epoch,
  plan: JSON.parse(message.specJson) as Rollout['plan'],
  state: (JSON.parse(message.evidenceJson) as { readonly state: Rollout['state'] }).state,
});
