import type { Parameter } from '@sheaf/inference';
import type { Decision } from '@sheaf/rules';
import { degradedParameter } from './ask-target.ts';
import type { Note } from './step.ts';

/** What an answer tells of how it came to be. */
export interface Story {
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
 * `sheaf_absent` (names), `sheaf_rules` (names of those that acted), `sheaf_unevaluated` (places of expressions). Labels go under their own names.
 */
export function answerParameters({ versions, notes, decisions, absent, labels }: Story): Map<string, Parameter> {
  const parameters = new Map<string, Parameter>(labels);
  parameters.set('sheaf_versions', versions.join(', '));
  const put = (name: string, value: string): void => {
    if (value !== '' && value !== '{}') parameters.set(name, value);
  };
  if (notes.some(isDegraded)) parameters.set(degradedParameter, true);
  const byStage = (kind: Note['kind'], tell: (note: Note) => unknown): string =>
    JSON.stringify(
      Object.fromEntries(notes.flatMap((note) => (note.kind === kind ? [[stageOf(note), tell(note)]] : []))),
    );
  if (notes.length > 0) {
    put(
      'sheaf_ensembles',
      byStage('ensemble', (note) => note.kind === 'ensemble' && { used: note.used, missing: note.missing }),
    );
    put(
      'sheaf_fallbacks',
      byStage('fallback', (note) => note.kind === 'fallback' && note.failed),
    );
    put(
      'sheaf_failed',
      byStage('failed', (note) => note.kind === 'failed' && note.code),
    );
  }
  put('sheaf_absent', absent.join(', '));
  const named = (outcome: Decision['outcome']): string[] =>
    decisions.flatMap((decision) => (decision.outcome === outcome ? [decision.rule] : []));
  put('sheaf_rules', named('acted').join(', '));
  const unevaluated = notes.flatMap((note) => (note.kind === 'unevaluated' ? [note.place] : []));
  put('sheaf_unevaluated', [...unevaluated, ...named('failed').map((rule) => `rules.${rule}`)].join(', '));
  return parameters;
}

const stageOf = (note: Note): string => (note.kind === 'unevaluated' ? note.place : note.stage);

function isDegraded(note: Note): boolean {
  switch (note.kind) {
    case 'ensemble':
      return Object.keys(note.missing).length > 0;
    case 'unevaluated':
      return false;
    default:
      return true;
  }
}
