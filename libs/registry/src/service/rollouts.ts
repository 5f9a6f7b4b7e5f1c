/** Rollouts: begun, looked at, and told what to do. */
import { maySee } from '@sheaf/inference';
import {
  type Command,
  isOver,
  liveArms,
  newState,
  parseEvidence,
  parsePlan,
  planOf,
  type Report,
  type Rollout,
  type RolloutPlan,
  readGuards,
  sumEvidence,
  tell,
} from '@sheaf/rollout';
import type { EvidenceReportMessage, RegistryService, RolloutStandingMessage } from '@sheaf/transport';
import { invalid, notThere, quoted, refused } from '../refusals.ts';
import type { EntryRecord, RegistryStore, VersionRecord } from '../registry-store.ts';
import { championsOf, rolloutStoreOf } from '../rollouts/rollout-store.ts';
import { successorProblem } from '../successor.ts';
import { checkTrusted, type Trust } from '../trusted.ts';
import { actorOf, entryOf } from './caller.ts';
import { rolloutMessage } from './messages.ts';

type Methods = Pick<RegistryService, 'startRollout' | 'getRollout' | 'tellRollout' | 'reportEvidence'>;

export function rolloutMethods(store: RegistryStore, trust: Trust): Methods {
  const rollouts = rolloutStoreOf(store);
  const champions = championsOf(store, trust);
  const standing = async (rollout: Rollout): Promise<RolloutStandingMessage> => {
    const { plan, state, id } = rollout;
    const seen = sumEvidence(await rollouts.reportsOf(id, state.period));
    const record = await store.getRollout(Number(id));
    return {
      rollout: record ? rolloutMessage(record) : null,
      readingsJson: JSON.stringify(readGuards(plan, seen, liveArms(plan, state))),
      seenJson: JSON.stringify(seen),
    };
  };
  const last = async ({ kind, name }: EntryRecord): Promise<Rollout> => {
    const [rollout] = await rollouts.list(kind, name, 1);
    if (!rollout) throw notThere(`${quoted(name)} has had no rollout`, 'ROLLOUT_NOT_FOUND');
    return rollout;
  };
  return {
    startRollout: async ({ planJson, ...named }, caller) => {
      const entry = await entryOf(store, named, caller);
      const { kind, name } = entry;
      const plan = await planFor(store, trust, entry, planJson);
      const by = actorOf(caller);
      const atMs = Date.now();
      const added = await rollouts.add({ kind, name, plan, by, revision: 1, createdAtMs: atMs, state: newState(atMs) });
      if (!added) throw refused('ROLLOUT_RUNNING', `${quoted(name)} has a rollout that is not over`);
      return standing(added);
    },
    getRollout: async (named, caller) => standing(await last(await entryOf(store, named, caller))),
    tellRollout: async ({ command, version, why, ...named }, caller) => {
      const rollout = await last(await entryOf(store, named, caller));
      // Now, where its caller hears of it, and not only when the alias moves.
      if (command === 'promote')
        for (const live of liveArms(rollout.plan, rollout.state))
          if (version === '' || version === live) await checkArm(store, trust, rollout.name, live);
      const said = { by: actorOf(caller), why: why || `${command} by hand` };
      const told = await tell(rollout.id, commandOf(command, version), said, {
        ...{ store: rollouts, champions, now: Date.now },
      });
      if (typeof told === 'string') throw refused('ROLLOUT_STANDS', told);
      return standing(told);
    },
    reportEvidence: async ({ source, reports }, caller) => {
      const { principal } = caller;
      const read = reportsOf(source, reports, actorOf(caller));
      const names = new Map((await rollouts.inForce()).map(({ id, name, state }) => [id, isOver(state) ? '' : name]));
      const isThere = (id: string): boolean => {
        const name = names.get(id) ?? '';
        return name !== '' && maySee(principal, name);
      };
      await rollouts.report(read.filter(({ rollout }) => isThere(rollout)));
      return {};
    },
  };
}

const reportsMax = 1_000;
const evidenceCharsMax = 1024 * 1024;
const sourcePattern = /^[A-Za-z0-9._ -]{1,128}$/;

/** As they are put down: nobody reports in the place of another credential. */
function reportsOf(source: string, reports: readonly EvidenceReportMessage[], actor: string): Report[] {
  if (!sourcePattern.test(source))
    throw invalid('source', `want letters, digits, ".", "_", "-" and spaces, at most 128, got ${quoted(source)}`);
  if (reports.length > reportsMax) throw invalid('reports', `want at most ${reportsMax}, got ${reports.length}`);
  return reports.map(({ rollout, period, evidenceJson }, index) => {
    const field = `reports[${index}].evidence_json`;
    if (evidenceJson.length > evidenceCharsMax) throw invalid(field, 'want at most 1 MiB');
    const evidence = parseEvidence(jsonOf(evidenceJson, field));
    if (typeof evidence === 'string') throw invalid(field, evidence);
    return { rollout: String(rollout), period, source: `${actor} ${source}`, evidence };
  });
}

function commandOf(command: string, version: string): Command {
  switch (command) {
    case 'hold':
    case 'resume':
    case 'abort':
      return { kind: command };
    case 'promote':
      return { kind: 'promote', version: version || undefined };
    default:
      throw invalid('command', `want hold, resume, abort or promote, got ${quoted(command)}`);
  }
}

/** What is meant, with what the registry has: versions that are ready, and a champion that is none of them. */
async function planFor(
  store: RegistryStore,
  trust: Trust,
  { name }: EntryRecord,
  planJson: string,
): Promise<RolloutPlan> {
  const given = parsePlan(jsonOf(planJson));
  if (typeof given === 'string') throw invalid('plan_json', given);
  const champion = (await store.aliasesOf(name)).find(({ alias }) => alias === 'champion');
  if (!champion) throw refused('NO_CHAMPION', `${quoted(name)} has no champion; promote the version that answers now`);
  const plan = planOf(given, String(champion.version));
  if (plan.champion !== String(champion.version))
    throw refused('NO_CHAMPION', `the champion is version ${champion.version}, not ${plan.champion}`);
  for (const { version } of plan.arms) {
    if (version === plan.champion) throw invalid('versions', `version ${version} is the champion already`);
    const record = await checkArm(store, trust, name, version);
    const before = await store.getVersion(name, champion.version);
    const problem = before && successorProblem(name, before, record);
    if (problem !== undefined) throw refused('SIGNATURE_DIFFERS', problem);
  }
  return plan;
}

/** Throws where there is no such version, or where it may not answer calls. */
async function checkArm(store: RegistryStore, trust: Trust, name: string, version: string): Promise<VersionRecord> {
  const record = await store.getVersion(name, Number(version));
  if (!record) throw notThere(`${quoted(name)} has no version ${version}`);
  if (record.state !== 'ready')
    throw refused('VERSION_NOT_READY', `version ${version} is ${record.state}: ${record.why}`);
  checkTrusted(record, await trust());
  return record;
}

function jsonOf(text: string, field = 'plan_json'): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw invalid(field, 'want JSON');
  }
}
