/** Parts of an expression's tree. */
import type { ASTNode } from '@marcbachmann/cel-js';

/** Those of CEL that run over the elements of a list. */
export const loops: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/** `outputs.confidence` and `outputs["confidence"]` as their path; undefined for anything else. */
export function pathOf(node: ASTNode): string[] | undefined {
  if (node.op === 'id') return [node.args];
  if (node.op === '.') {
    const head = pathOf(node.args[0]);
    return head && [...head, node.args[1]];
  }
  if (node.op === '[]' && node.args[1].op === 'value' && typeof node.args[1].args === 'string') {
    const head = pathOf(node.args[0]);
    return head && [...head, node.args[1].args];
  }
  return undefined;
}

const isNode = (value: unknown): value is ASTNode => typeof value === 'object' && value !== null && 'op' in value;

/** All nodes directly below, whatever the operator keeps them in. */
export const childrenOf = ({ args }: ASTNode): ASTNode[] =>
  isNode(args) ? [args] : Array.isArray(args) ? (args as unknown[]).flat().filter(isNode) : [];
