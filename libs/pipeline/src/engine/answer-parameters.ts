import type { Parameter } from '@sheaf/inference';
import type { Decision } from '@sheaf/rules';
import type { Note } from './step.ts';

/** Response parameter of a pipeline that gave less than it could have. */
export const degradedParameter = 'sheaf_degraded';

/** What an answer tells of how it came to be. */
export interface Provenance {
  readonly versions: readonly string[];
  readonly notes: readonly Note[];
  readonly decisions: readonly Decision[];
  /** Outputs that were wanted and not computed. */
  readonly absent: readonly string[];
  /** From rules. */
  readonly labels: ReadonlyMap<string, Parameter>;
}

/**
 * The response parameters that carry it. Always `sheaf_versions`; of ensembles `sheaf_ensembles`, JSON of each stage's used members with their weights
 * and the missing ones with their codes; and only where it is so: `sheaf_degraded` (true), `sheaf_fallbacks` (JSON), `sheaf_failed` (JSON),
 * `sheaf_absent` (names), `sheaf_rules` (names of those that acted), `sheaf_shadow` (of those that would have), `sheaf_unevaluated` (places of expressions). Labels go under their own names.
 */
export function answerParameters({ versions, notes, decisions, absent, labels }: Provenance): Map<string, Parameter> {
  const parameters = new Map<string, Parameter>(labels);
  parameters.set('sheaf_versions', versions.join(', '));
  const put = (name: string, value: string): void => {
    if (value !== '' && value !== '{}') parameters.set(name, value);
  };
  if (notes.some(isDegraded)) parameters.set(degradedParameter, true);
  if (notes.length > 0) {
    put('sheaf_ensembles', JSON.stringify(ensemblesOf(notes)));
    const told = (kind: 'fallback' | 'failed', tell: (note: Note) => unknown): string =>
      JSON.stringify(
        Object.fromEntries(notes.flatMap((note) => (note.kind === kind ? [[note.stage, tell(note)]] : []))),
      );
    put(
      'sheaf_fallbacks',
      told('fallback', (note) => note.kind === 'fallback' && note.failed),
    );
    put(
      'sheaf_failed',
      told('failed', (note) => note.kind === 'failed' && note.code),
    );
  }
  put('sheaf_absent', absent.join(', '));
  for (const [name, value] of Object.entries(decisionParameters(decisions, notes))) put(name, value);
  return parameters;
}

/** What rules decided, as an answer tells it; '' where there is nothing to tell. */
export function decisionParameters(decisions: readonly Decision[], notes: readonly Note[] = []) {
  const named = (outcome: Decision['outcome']): string[] =>
    decisions.flatMap((decision) => (decision.outcome === outcome ? [decision.rule] : []));
  const inside = (outcome: Decision['outcome']): string[] =>
    notes.flatMap((note) => (note.kind === 'rule' && note.outcome === outcome ? [note.rule] : []));
  const unevaluated = notes.flatMap((note) => (note.kind === 'unevaluated' ? [note.place] : []));
  // A step that ran for several parts says the same of each.
  const list = (names: readonly string[]): string => [...new Set(names)].join(', ');
  return {
    sheaf_rules: list([...named('acted'), ...inside('acted')]),
    sheaf_shadow: list([...named('would-act'), ...inside('would-act')]),
    sheaf_unevaluated: list([...unevaluated, ...named('failed').map((rule) => `rules.${rule}`)]),
  };
}

export type EnsembleNote = Pick<Extract<Note, { kind: 'ensemble' }>, 'used' | 'missing'>;

/** By stage. One that ran for several parts used whoever made any of them, and lacks whoever was missing from any. */
function ensemblesOf(notes: readonly Note[]): Record<string, EnsembleNote> {
  const ensembles: Record<string, EnsembleNote> = {};
  for (const note of notes) {
    if (note.kind !== 'ensemble') continue;
    const known = ensembles[note.stage];
    const used = { ...known?.used, ...note.used };
    ensembles[note.stage] = { used, missing: { ...known?.missing, ...note.missing } };
  }
  return ensembles;
}

function isDegraded(note: Note): boolean {
  switch (note.kind) {
    case 'ensemble':
      return Object.keys(note.missing).length > 0;
    case 'unevaluated':
    case 'rule':
      return false;
    default:
      return true;
  }
}
