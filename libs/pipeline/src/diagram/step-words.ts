/** A step in a few words, for plans and pictures. */
import { describeTarget } from '../language/pipeline-problems.ts';
import type { Member, Step } from '../language/spec.ts';

export function asks(step: Step): string {
  switch (step.kind) {
    case 'target':
      return describeTarget(step.target);
    case 'ensemble':
      return `ensemble, ${step.combine.kind}${step.combine.kind === 'stack' ? ` by model "${step.combine.model}"` : ''}`;
    case 'each':
      return `each of ${step.over.join(', ')}`;
    default:
      return step.kind;
  }
}

/** More classes than these are only counted. */
const shownLabelsMax = 8;

/** What holds for a step beside what it asks: its time, its quorum, its classes. */
export function termsOf(step: Step): string[] {
  const terms = step.timeoutMs === undefined ? [] : [`at most ${step.timeoutMs} ms`];
  if (step.kind !== 'ensemble') return terms;
  const { quorum, combine } = step;
  if (quorum !== undefined)
    terms.push(typeof quorum === 'number' ? `quorum ${quorum}` : `quorum of weight ${quorum.weight}`);
  const { labels = [] } = combine;
  if (labels.length > 0)
    terms.push(labels.length > shownLabelsMax ? `${labels.length} classes` : `classes ${labels.join(', ')}`);
  return terms;
}

/** What holds for a member, in its ensemble. */
export function memberTerms({ optional, weight, softTimeoutMs }: Member): string[] {
  return [
    ...(optional ? ['optional'] : []),
    ...(weight === 1 ? [] : [`weight ${typeof weight === 'number' ? weight : weight.text}`]),
    ...(softTimeoutMs === undefined ? [] : [`waited for ${softTimeoutMs} ms`]),
  ];
}
