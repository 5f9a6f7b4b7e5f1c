/** What is in force at one gateway, by name, and what it has seen of it. */
import { type Evidence, noEvidence } from './evidence.ts';
import type { Report } from './ports.ts';
import { isOver, type Rollout } from './state.ts';
import { type ShadowTraffic, type Traffic, trafficOf } from './traffic.ts';

export interface TrafficBook {
  /** What is in force for a name; undefined where nothing is. */
  of(name: string): Traffic | undefined;
  /** Takes up the rollouts as they stand now. What was counted of a period goes on in it. */
  follow(rollouts: readonly Rollout[]): void;
  /** Takes up the shadows that the mesh folder names; a rollout of the same name goes before. */
  followFolder(shadows: ReadonlyMap<string, ShadowTraffic>): void;
  /** What was seen, of each rollout in the period that it is in. */
  reports(source: string): readonly Report[];
  /** By name: all that is in force. */
  all(): ReadonlyMap<string, Traffic>;
}

/** What a rollout has at this gateway. */
interface Followed {
  readonly rollout: Rollout;
  readonly evidence: Evidence;
}

export function createTrafficBook(): TrafficBook {
  let followed = new Map<string, Followed>();
  let traffic: ReadonlyMap<string, Traffic> = new Map();
  let folder: ReadonlyMap<string, Traffic> = new Map();
  return {
    of: (name) => traffic.get(name) ?? folder.get(name),
    follow: (rollouts) => {
      const next = new Map<string, Followed>();
      const inForce = new Map<string, Traffic>();
      for (const rollout of rollouts.toSorted((a, b) => Number(isOver(b.state)) - Number(isOver(a.state)))) {
        const known = followed.get(rollout.id);
        const isSamePeriod = known?.rollout.state.period === rollout.state.period;
        const evidence = isSamePeriod ? known.evidence : noEvidence();
        next.set(rollout.id, { rollout, evidence });
        const own = trafficOf(rollout, evidence);
        if (own) inForce.set(rollout.name, own);
      }
      followed = next;
      traffic = inForce;
    },
    followFolder: (shadows) => {
      folder = new Map(
        [...shadows].map(([name, shadow]) => [
          name,
          folder.get(name)?.shadows[0] === shadow ? (folder.get(name) as Traffic) : ofFolder(shadow),
        ]),
      );
    },
    reports: (source) =>
      [...followed.values()].flatMap(({ rollout: { id, state }, evidence }) =>
        isOver(state) ? [] : [{ rollout: id, period: state.period, source, evidence }],
      ),
    all: () => new Map([...folder, ...traffic]),
  };
}

/** Of a folder whoever answers stays as it is; the shadow is held against that. */
const ofFolder = (shadow: ShadowTraffic): Traffic => ({
  salt: '',
  sticky: { kind: 'random' },
  champion: '',
  percent: 0,
  arms: [],
  dropped: [],
  shadows: [shadow],
  evidence: noEvidence(),
});
