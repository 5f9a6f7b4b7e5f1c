/** Rollouts in the registry's store: what they are written as, and the alias that they move. */
import { InferError } from '@sheaf/inference';
import { type Champions, type Evidence, isOver, type Rollout, type RolloutStore, stageOf } from '@sheaf/rollout';
import type { JsonObject } from '../manifest.ts';
import type { RegistryStore, RolloutRecord } from '../registry-store.ts';
import { checkTrusted, nobodyLooks, type Trust } from '../trusted.ts';

/** An entry has one rollout that is not over. */
const slot = 'traffic';
export const championAlias = 'champion';
const leaseName = 'rollouts';
/** More are not looked at: names of a mesh are fewer. */
const runningMax = 1_000;
/** Of those that are over, what is looked through for what was over lately. */
const endedMax = 32;
/** By then every gateway has taken up that the champion is another one. */
export const justOverMs = 10_000;
/** The store's bounds for a reason, and for what is written down with a move of an alias. */
const reasonMax = 1_000;
const evidenceMax = 2_000;

type Store = Pick<
  RegistryStore,
  | 'startRollout'
  | 'changeRollout'
  | 'getRollout'
  | 'listRollouts'
  | 'putEvidence'
  | 'listEvidence'
  | 'takeLease'
  | 'aliasesOf'
  | 'moveAlias'
  | 'getVersion'
>;

/** `now` in milliseconds since 1970. */
export const rolloutStoreOf = (store: Store, now: () => number = Date.now): RolloutStore => ({
  ...readsOf(store, now),
  ...writesOf(store),
});

type Reads = Pick<RolloutStore, 'inForce' | 'get' | 'list' | 'reportsOf'>;

function readsOf(store: Store, now: () => number): Reads {
  return {
    inForce: async () => {
      const [running, ended] = await Promise.all([
        store.listRollouts({ running: true, limit: runningMax }),
        store.listRollouts({ running: false, limit: endedMax }),
      ]);
      const justOver = ended.filter((one) => isTraffic(one) && now() - one.changedAtMs < justOverMs).map(fromRecord);
      const holding = await Promise.all(justOver.map((rollout) => stillHolds(store, rollout)));
      return [...running.filter(isTraffic).map(fromRecord), ...justOver.filter((_, at) => holding[at])];
    },
    get: async (id) => {
      const record = /^[1-9][0-9]{0,14}$/.test(id) ? await store.getRollout(Number(id)) : undefined;
      return record && isTraffic(record) ? fromRecord(record) : undefined;
    },
    list: async (kind, name, most) => {
      const records = await store.listRollouts({ name, limit: most });
      return records.filter((record) => record.kind === kind && isTraffic(record)).map(fromRecord);
    },
    reportsOf: async (rollout, period) =>
      (await store.listEvidence(Number(rollout)))
        .map(({ value }) => value as unknown as { readonly period: number; readonly evidence: Evidence })
        .filter((report) => report.period === period)
        .map(({ evidence }) => evidence),
  };
}

/** What a rollout has promoted may have been moved back by somebody a moment later: that counts at once. */
async function stillHolds(store: Store, { kind, name, state: { phase } }: Rollout): Promise<boolean> {
  if (phase.kind !== 'promoted') return false;
  return (await championsOf(store).get(kind, name))?.version === phase.version;
}

function writesOf(store: Store): Omit<RolloutStore, keyof Reads> {
  return {
    add: async (draft) => {
      const { name, plan, by } = draft;
      const added = { ...written(draft), name, slot, versions: versionsOf(draft), spec: asJson(plan), by };
      const record = await store.startRollout(added).catch(unless('ROLLOUT_RUNNING'));
      return record && fromRecord(record);
    },
    replace: async (rollout) => {
      const { id, revision, state } = rollout;
      const by = state.changes.at(-1)?.by ?? rollout.by;
      const change = { ...written(rollout), id: Number(id), ended: isOver(state), expectedEpoch: revision - 1, by };
      const record = await store.changeRollout(change).catch(unless('ROLLOUT_CHANGED', 'ROLLOUT_ENDED'));
      return record !== undefined;
    },
    report: async (reports) => {
      const rows = reports.map(({ rollout, period, source, evidence }) => ({
        rollout: Number(rollout),
        source,
        value: asJson({ period, evidence }),
      }));
      if (rows.length > 0) await store.putEvidence(rows);
    },
    holdLease: async (holder, ttlMs) => (await store.takeLease(leaseName, holder, ttlMs)).holder === holder,
  };
}

/** Answers undefined for a refusal with one of these reasons, and throws what else went wrong. */
const unless =
  (...reasons: readonly string[]) =>
  (error: unknown): undefined => {
    if (!reasons.includes(reasonOf(error) ?? '')) throw error;
  };

/** `trust`: an alias is moved to no version that it speaks against. */
export function championsOf(
  store: Pick<Store, 'aliasesOf' | 'moveAlias' | 'getVersion'>,
  trust: Trust = nobodyLooks,
): Champions {
  return {
    get: async (_kind, name) => {
      const found = (await store.aliasesOf(name)).find(({ alias }) => alias === championAlias);
      return found && { version: String(found.version), epoch: found.epoch, isFrozen: found.frozen };
    },
    move: async ({ name, to, expectedEpoch, by, why, evidence }) => {
      const trusted = await trust();
      try {
        const target = await store.getVersion(name, Number(to));
        if (target) checkTrusted(target, trusted);
        await store.moveAlias({
          ...{ name, alias: championAlias, to: Number(to), expectedEpoch, by },
          why: why.slice(0, reasonMax).toWellFormed(),
          evidence: evidence.slice(0, evidenceMax).toWellFormed(),
        });
        return 'moved';
      } catch (error) {
        if (reasonOf(error) === 'ALIAS_MOVED') return 'moved-before';
        // What the store says of the move will be the same the next time; that it cannot be reached will not.
        if (error instanceof InferError && error.code === 'FAILED_PRECONDITION') return { refused: error.message };
        throw error;
      }
    },
  };
}

const reasonOf = (error: unknown): string | undefined => (error instanceof InferError ? error.reason : undefined);

export const isTraffic = (record: Pick<RolloutRecord, 'slot'>): boolean => record.slot === slot;

/** Plain data, which is what its type says it is. */
const asJson = (value: unknown): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;

const versionsOf = ({ plan }: Pick<Rollout, 'plan'>): number[] =>
  [...new Set([plan.champion, ...plan.arms.map(({ version }) => version)])].map(Number);

/** What changes with the state. */
function written({ state }: Pick<Rollout, 'state'>) {
  const stage = stageOf(state);
  return {
    state: state.phase.kind,
    step: stage?.kind === 'canary' ? stage.step + 1 : 0,
    reason: (state.changes.at(-1)?.why ?? '').slice(0, reasonMax).toWellFormed(),
    evidence: asJson({ state }),
  };
}

function fromRecord(record: RolloutRecord): Rollout {
  const { id, kind, name, spec, evidence, epoch, by, createdAtMs } = record;
  return {
    ...{ id: String(id), kind, name, by, createdAtMs, revision: epoch },
    plan: spec as unknown as Rollout['plan'],
    state: (evidence as unknown as { readonly state: Rollout['state'] }).state,
  };
}
