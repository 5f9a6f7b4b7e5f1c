import { posix } from 'node:path';
import ts from 'typescript';

/**
 * The files of `sources` that `entries` need, themselves among them. A file needs what it imports or re-exports, and what
 * it names relative to itself in a text: a thread's or a process's module stands in `new URL('./worker.ts', import.meta.url)`.
 */
export function reachedBy(entries: readonly string[], sources: ReadonlyMap<string, string>): ReadonlySet<string> {
  const reached = new Set<string>();
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const source = sources.get(path);
    if (source === undefined || reached.has(path)) continue;
    reached.add(path);
    waiting.push(...neededBy(path, source));
  }
  return reached;
}

function neededBy(path: string, source: string): string[] {
  const needed: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) && /^\.{1,2}\/.*\.ts$/.test(node.text))
      needed.push(posix.join(posix.dirname(path), node.text));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true));
  return needed;
}
