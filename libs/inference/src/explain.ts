import type { Explanation } from './explanation.ts';
import type { Journal } from './journal.ts';
import type { EndedSpan, Span } from './span.ts';
import { wallMs } from './wall-clock.ts';

const round = (ms: number): number => Math.round(ms * 1000) / 1000;

/** What the journal says so far of the work under `root`, which need not have ended. */
export function explain(journal: Journal, root: Span): Explanation {
  const children = Map.groupBy(journal.spans, ({ parentId }) => parentId);
  const tree = (span: EndedSpan): Explanation => {
    const startMs = span.startMs - root.startMs;
    const ms = span.endMs - span.startMs;
    const own = (children.get(span.spanId) ?? []).map(tree);
    const nested = journal.nested(span);
    // Two clocks cannot be compared: the way there is taken to be as long as the way back.
    const all = nested ? [...own, moved(nested, startMs + (ms - nested.ms) / 2)] : own;
    return {
      kind: span.kind,
      name: span.name,
      startMs: round(startMs),
      ms: round(ms),
      code: span.code,
      ...(Object.keys(span.attributes).length > 0 ? { attributes: span.attributes } : {}),
      children: all.sort((a, b) => a.startMs - b.startMs),
    };
  };
  return tree({ ...root, endMs: wallMs(), code: 'OK', message: undefined });
}

const moved = (tree: Explanation, byMs: number): Explanation => ({
  ...tree,
  startMs: round(tree.startMs + byMs),
  children: tree.children.map((child) => moved(child, byMs)),
});
