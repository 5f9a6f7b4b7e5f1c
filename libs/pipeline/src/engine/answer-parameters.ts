import type { Parameter } from '@sheaf/inference';
import type { Decision } from '@sheaf/rules';
import type { DryRun } from './dry-run-report.ts';
import type { Provenance } from './provenance.ts';
import type { Note } from './step.ts';

/** Response parameter: JSON of {@link DryRun}. */
export const dryRunAnswerParameter = 'sheaf_plan';

/**
 * The response parameters that tell a caller how the answer came to be. Always `sheaf_versions`; of ensembles `sheaf_ensembles`, JSON of each stage's used
 * members with their weights and the missing ones with their codes; and only where it is so: `sheaf_degraded` (true), `sheaf_fallbacks` (JSON), `sheaf_failed`
 * (JSON), `sheaf_absent` (names), `sheaf_rerouted` (from which pipeline to which), `sheaf_rules` (names of those that acted), `sheaf_shadow` (of those that
 * would have), `sheaf_unevaluated` (places of expressions). Labels go under their own names.
 */
export function answerParameters(provenance: Provenance): Map<string, Parameter> {
  const { versions, notes, absent, labels } = provenance;
  const parameters = new Map<string, Parameter>(labels);
  parameters.set('sheaf_versions', versions.join(', '));
  if (notes.some(isDegraded)) parameters.set('sheaf_degraded', true);
  if (notes.length > 0) {
    const told = (kind: 'fallback' | 'failed', tell: (note: Note) => unknown): string =>
      JSON.stringify(
        Object.fromEntries(notes.flatMap((note) => (note.kind === kind ? [[note.stage, tell(note)]] : []))),
      );
    put(parameters, {
      sheaf_ensembles: JSON.stringify(ensemblesOf(notes)),
      sheaf_fallbacks: told('fallback', (note) => note.kind === 'fallback' && note.failed),
      sheaf_failed: told('failed', (note) => note.kind === 'failed' && note.code),
    });
  }
  put(parameters, { sheaf_absent: absent.join(', '), ...decided(provenance) });
  return parameters;
}

/** The response parameters of a dry run: what would happen, told of the last pipeline that the call is rerouted to. */
export function dryRunParameters(dryRun: DryRun, provenance: Provenance): Map<string, Parameter> {
  const parameters = new Map<string, Parameter>();
  const { reroutes } = provenance;
  const rules = [...reroutes.flatMap(({ decisions }) => decisions), ...dryRun.rules];
  const rerouted = reroutes.length > 0 ? { rerouted: reroutedText(reroutes) } : {};
  parameters.set(dryRunAnswerParameter, JSON.stringify({ ...dryRun, rules, ...rerouted } satisfies DryRun));
  put(parameters, decided(provenance));
  return parameters;
}

function put(parameters: Map<string, Parameter>, texts: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(texts)) if (text !== '' && text !== '{}') parameters.set(name, text);
}

const reroutedText = (reroutes: Provenance['reroutes']): string =>
  reroutes.map(({ from, to }) => `${from} -> ${to}`).join(', ');

/** What rules did, of all pipelines that the call came through; '' where there is nothing to tell. */
function decided({ decisions, notes, reroutes }: Provenance) {
  const own = decisionTexts(decisions, notes);
  if (reroutes.length === 0) return own;
  const all = [...reroutes.map((reroute) => decisionTexts(reroute.decisions, [])), own];
  const joined = (name: keyof typeof own): string => all.flatMap((texts) => texts[name] || []).join(', ');
  return {
    sheaf_rerouted: reroutedText(reroutes),
    sheaf_rules: joined('sheaf_rules'),
    sheaf_shadow: joined('sheaf_shadow'),
    sheaf_unevaluated: joined('sheaf_unevaluated'),
  };
}

/** The same of one pipeline. */
function decisionTexts(decisions: readonly Decision[], notes: readonly Note[]) {
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

type EnsembleNote = Pick<Extract<Note, { kind: 'ensemble' }>, 'used' | 'missing'>;

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
