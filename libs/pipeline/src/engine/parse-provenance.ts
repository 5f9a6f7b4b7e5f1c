import type { Parameters } from '@sheaf/inference';
import { degradedParameter, type EnsembleNote } from './answer-parameters.ts';
import type { Note, StepResult } from './step.ts';

/** What the answer of a pipeline inside tells, as its caller's answer tells it: its stage `read` is `where.read`. */
export function parseProvenance(parameters: Parameters, where: string): Pick<StepResult, 'versions' | 'notes'> {
  const inside = (name: string): string => `${where}.${name}`;
  const names = (parameter: string): string[] =>
    String(parameters.get(parameter) ?? '')
      .split(', ')
      .filter(Boolean)
      .map(inside);
  const byStage = <T>(parameter: string): [string, T][] => {
    const told = JSON.parse(String(parameters.get(parameter) ?? '{}')) as Record<string, T>;
    return Object.entries(told).map(([stage, value]) => [inside(stage), value]);
  };
  const notes: Note[] = [
    ...byStage<EnsembleNote>('sheaf_ensembles').map(([stage, told]) => ({ ...told, kind: 'ensemble', stage }) as const),
    ...byStage<string[]>('sheaf_fallbacks').map(([stage, failed]) => ({ kind: 'fallback', stage, failed }) as const),
    ...byStage<string>('sheaf_failed').map(([stage, code]) => ({ kind: 'failed', stage, code }) as const),
    ...names('sheaf_rules').map((rule) => ({ kind: 'rule', rule, outcome: 'acted' }) as const),
    ...names('sheaf_shadow').map((rule) => ({ kind: 'rule', rule, outcome: 'would-act' }) as const),
    ...names('sheaf_unevaluated').map((place) => ({ kind: 'unevaluated', place }) as const),
  ];
  if (parameters.get(degradedParameter) === true) notes.push({ kind: 'degraded', stage: where });
  return { versions: names('sheaf_versions'), notes };
}
