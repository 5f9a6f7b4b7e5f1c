import type { ASTNode } from '@marcbachmann/cel-js';
import { childrenOf, loops, pathOf } from './syntax.ts';

/** What the type check has written on a node; the engine does not export it. */
const isList = (node: ASTNode): boolean => (node as { checkedType?: { kind?: string } }).checkedType?.kind === 'list';

/**
 * Why a checked expression could take more than one pass over what callers send, each costing microseconds: lists that grow, and lists that are read
 * anew for each element of another.
 */
export function costOf(node: ASTNode, loop?: string): string | undefined {
  if (node.op === '+' && isList(node)) return 'lists are not joined by +; look at each of them on its own';
  const path = pathOf(node);
  if (path) {
    const name = path.join('.');
    return loop && isList(node)
      ? `${name} stands inside ${loop}(), which would read all of it for every element; only ${name}[i] and size(${name}) may`
      : undefined;
  }
  for (const { child, within } of below(node, loop)) {
    const problem = costOf(child, within);
    if (problem) return problem;
  }
  return undefined;
}

/** The nodes below, each with the loop that it is run by; of a list that is only measured or indexed there is nothing to look at. */
function below(node: ASTNode, loop: string | undefined): { readonly child: ASTNode; readonly within?: string }[] {
  const inLoop = loop === undefined ? {} : { within: loop };
  if (node.op === 'rcall' && loops.has(node.args[0])) {
    const [name, receiver, [, ...bodies]] = node.args;
    return [{ child: receiver, ...inLoop }, ...bodies.map((child) => ({ child, within: name }))];
  }
  const isCheap = node.op === '[]' || ((node.op === 'call' || node.op === 'rcall') && node.args[0] === 'size');
  return childrenOf(node)
    .filter((child) => !(isCheap && pathOf(child) && isList(child)))
    .map((child) => ({ child, ...inLoop }));
}
