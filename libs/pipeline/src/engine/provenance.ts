import type { Parameter } from '@sheaf/inference';
import type { Decision } from '@sheaf/rules';
import type { Note, StepResult } from './step.ts';

/** A call that the rules of one pipeline handed to another. */
export interface Rerouted {
  /** `read-page/1`. */
  readonly from: string;
  /** As the rule writes it: `other` or `other/2`. */
  readonly to: string;
  /** What the rules of `from` decided on the way. */
  readonly decisions: readonly Decision[];
}

/** How an answer of a pipeline came to be. Stays a value between pipelines; `answer-parameters.ts` writes it out for callers. */
export interface Provenance {
  /** The versions that made it, e.g. `read.cnn=digits-cnn/3`. */
  readonly versions: readonly string[];
  readonly notes: readonly Note[];
  readonly decisions: readonly Decision[];
  /** The pipelines that the call came through, the first one first. */
  readonly reroutes: readonly Rerouted[];
  /** Outputs that were wanted and not computed. */
  readonly absent: readonly string[];
  /** From rules. */
  readonly labels: ReadonlyMap<string, Parameter>;
}

export const noProvenance: Provenance = {
  versions: [],
  notes: [],
  decisions: [],
  reroutes: [],
  absent: [],
  labels: new Map(),
};

/** What became of the answer of a pipeline inside, as the answer around it tells that: its stage `read` is `where.read`. Its labels stay inside. */
export function provenanceInside(
  { versions, notes, decisions, reroutes }: Provenance,
  where: string,
): Pick<StepResult, 'versions' | 'notes'> {
  const inside = (name: string): string => `${where}.${name}`;
  const told = (one: readonly Decision[]): Note[] => one.flatMap((decision) => noteOf(decision, inside));
  const isFailed = ({ outcome }: Decision): boolean => outcome === 'failed';
  return {
    versions: versions.map(inside),
    notes: [
      ...reroutes.flatMap((reroute) => told(reroute.decisions)),
      ...told(decisions.filter((decision) => !isFailed(decision))),
      ...notes.map((note) => noteInside(note, inside)),
      ...told(decisions.filter(isFailed)),
    ],
  };
}

function noteOf({ rule, outcome }: Decision, inside: (name: string) => string): Note[] {
  switch (outcome) {
    case 'passed':
      return [];
    case 'failed':
      return [{ kind: 'unevaluated', place: inside(`rules.${rule}`) }];
    case 'acted':
    case 'would-act':
      return [{ kind: 'rule', rule: inside(rule), outcome }];
  }
}

function noteInside(note: Note, inside: (name: string) => string): Note {
  switch (note.kind) {
    case 'ensemble':
    case 'fallback':
    case 'failed':
      return { ...note, stage: inside(note.stage) };
    case 'rule':
      return { ...note, rule: inside(note.rule) };
    case 'unevaluated':
      return { ...note, place: inside(note.place) };
  }
}
