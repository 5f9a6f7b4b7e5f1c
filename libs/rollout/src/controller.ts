/** Moves the rollouts that are not over: one process at a time, and any that has the lease next goes on where it stands. */
import { advance, type Command, command, itself, type Seen } from './advance.ts';
import { sumEvidence } from './evidence.ts';
import type { Champions, RolloutStore } from './ports.ts';
import { changed, isOver, type Rollout, type RolloutState } from './state.ts';

export interface ControllerPorts {
  readonly store: RolloutStore;
  readonly champions: Champions;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told of each change that this process has written down. */
  readonly onChange?: (rollout: Rollout) => void;
}

export interface Controller {
  /** Looks at all rollouts once, where this process has the lease or gets it; answers whether it has. Throws, when it has looked at all, what the first that failed did. */
  tick(): Promise<boolean>;
}

/** A lease outlasts a few looks that come late, and no more. */
const leaseMs = 5_000;

/** `holder` names the process among all that may ever hold the lease. */
export function createController(holder: string, ports: ControllerPorts): Controller {
  const { store } = ports;
  return {
    tick: async () => {
      if (!(await store.holdLease(holder, leaseMs))) return false;
      const running = (await store.inForce()).filter(({ state }) => !isOver(state));
      const failures: unknown[] = [];
      // One that cannot be moved keeps no other where it is.
      for (const rollout of running) await step(rollout, ports).catch((error: unknown) => void failures.push(error));
      if (failures.length > 0) throw failures[0];
      return true;
    },
  };
}

/** What is to be done to the world is written down before it is done, and done again where nobody knows whether it was. */
async function step(rollout: Rollout, ports: ControllerPorts): Promise<void> {
  const { phase } = rollout.state;
  if (phase.kind === 'promoting') {
    const moved = await moveChampion(rollout, phase, ports);
    if (typeof moved !== 'string') {
      const told = { atMs: ports.now(), why: moved.refused, by: itself, readings: [] };
      await put(rollout, changed(rollout.plan, rollout.state, { kind: 'aborted' }, told, true), ports);
      return;
    }
  }
  const next = advance(rollout.plan, rollout.state, await look(rollout, ports));
  if (next !== rollout.state) await put(rollout, next, ports);
}

function moveChampion(
  { id, kind, name, state }: Rollout,
  { version, expectedEpoch }: { readonly version: string; readonly expectedEpoch: number },
  { champions }: ControllerPorts,
): ReturnType<Champions['move']> {
  const decided = state.changes.at(-1);
  return champions.move({
    kind,
    name,
    to: version,
    // Where it was moved before, this is another epoch than it has, and nothing happens.
    expectedEpoch,
    by: decided?.by ?? itself,
    why: `rollout ${id}: ${decided?.why ?? ''}`,
    evidence: JSON.stringify({ rollout: id, readings: decided?.readings ?? [] }),
  });
}

async function look({ id, kind, name, state }: Rollout, { store, champions, now }: ControllerPorts): Promise<Seen> {
  const reports = await store.reportsOf(id, state.period);
  return { nowMs: now(), evidence: sumEvidence(reports), champion: await champions.get(kind, name) };
}

/** False where somebody else has changed it meanwhile: who looks next sees that. */
async function put(rollout: Rollout, state: RolloutState, { store, onChange }: ControllerPorts): Promise<boolean> {
  const next = { ...rollout, state, revision: rollout.revision + 1 };
  const isPut = await store.replace(next);
  if (isPut) onChange?.(next);
  return isPut;
}

/** So often a command is tried that meets a change of somebody else. */
const triesMax = 5;

export interface Said {
  readonly by: string;
  readonly why: string;
}

/** Carries out what somebody says; answers the rollout as it is then, or why it cannot be done, in a sentence. */
export async function tell(id: string, given: Command, said: Said, ports: ControllerPorts): Promise<Rollout | string> {
  for (let tries = 0; tries < triesMax; tries++) {
    const rollout = await ports.store.get(id);
    if (!rollout) return `there is no rollout "${id}"`;
    const state = command(rollout.plan, rollout.state, given, { ...said, seen: await look(rollout, ports) });
    if (typeof state === 'string') return state;
    if (await put(rollout, state, ports)) return { ...rollout, state, revision: rollout.revision + 1 };
  }
  return 'the rollout changes too often just now; say it again';
}
