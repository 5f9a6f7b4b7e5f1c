import type { ASTNode } from '@marcbachmann/cel-js';
import { createEnvironment, expressionLimits, type Variables } from './environment.ts';

/** What an expression must come to. A `number` may be whole or broken. */
export type Wanted = 'bool' | 'number';

type Result<W extends Wanted> = W extends 'bool' ? boolean : number;

/** Values by variable; mappings are plain objects, whole numbers BigInts. Throws {@link ExpressionError} when it cannot be evaluated. */
export type Evaluate<W extends Wanted> = (values: Readonly<Record<string, unknown>>) => Result<W>;

/** An expression could not be evaluated; each place that has one says what then holds. */
export class ExpressionError extends Error {}

/** An expression that has been parsed, and not yet held against the types of what it reads. Plain data: specs travel between processes. */
export interface Expression {
  readonly text: string;
  /** What it reads: `outputs.confidence` as `['outputs', 'confidence']`. */
  readonly reads: readonly (readonly string[])[];
}

const parser = createEnvironment();

/** Parses one expression; a sentence says what is wrong with it. */
export function parseExpression(text: string): Expression | string {
  if (text.length > expressionLimits.charsMax)
    return `an expression has at most ${expressionLimits.charsMax} characters, got ${text.length}`;
  try {
    const { ast } = parser.parse(text);
    const walk = new Walk(ast);
    return walk.problem ?? { text, reads: walk.reads };
  } catch (error) {
    return summaryOf(error);
  }
}

/** Compiles an expression over `variables`; a sentence says why it cannot be. */
export function checkExpression<W extends Wanted>(
  { text }: Expression,
  variables: Variables,
  wanted: W,
): Evaluate<W> | string {
  const program = createEnvironment(variables).parse(text);
  const { valid, type = '', error } = program.check();
  if (!valid) return summaryOf(error);
  const fits = wanted === 'bool' ? type === 'bool' : type === 'int' || type === 'double';
  if (!fits) return `want an expression that gives a ${wanted}, this one gives ${type}`;
  return (values) => {
    let value: unknown;
    try {
      value = program(values as Record<string, unknown>);
    } catch (error) {
      throw new ExpressionError(summaryOf(error));
    }
    return (typeof value === 'bigint' ? Number(value) : value) as Result<W>;
  };
}

const summaryOf = (error: unknown): string =>
  (error as { summary?: string } | undefined)?.summary ?? (error instanceof Error ? error.message : String(error));

const loops = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/** One walk over the tree: what is read, and whether any part could cost more than a little. */
class Walk {
  readonly reads: string[][] = [];
  problem: string | undefined;

  constructor(root: ASTNode) {
    this.#visit(root, false, new Set());
  }

  #visit(node: ASTNode, inLoop: boolean, bound: ReadonlySet<string>): void {
    const path = pathOf(node);
    if (path && !bound.has(path[0] ?? '')) {
      this.reads.push(path);
      return;
    }
    if (node.op === 'call' || node.op === 'rcall') this.#call(node, inLoop, bound);
    else for (const child of childrenOf(node)) this.#visit(child, inLoop, bound);
  }

  #call(node: Extract<ASTNode, { op: 'call' | 'rcall' }>, inLoop: boolean, bound: ReadonlySet<string>): void {
    const name = node.args[0];
    const args = node.op === 'call' ? node.args[1] : node.args[2];
    if (name === 'matches')
      this.problem ??=
        'matches() is not there: its patterns can backtrack for seconds; use ==, in, startsWith, endsWith or contains';
    if (node.op === 'rcall') this.#visit(node.args[1], inLoop, bound);
    if (node.op === 'call' || !loops.has(name)) {
      for (const arg of args) this.#visit(arg, inLoop, bound);
      return;
    }
    if (inLoop) this.problem ??= `${name}() stands inside another loop over a list; one loop at a time`;
    const [variable, ...bodies] = args;
    const inner = new Set([...bound, ...(variable?.op === 'id' ? [variable.args] : [])]);
    for (const body of bodies) this.#visit(body, true, inner);
  }
}

/** `outputs.confidence` and `outputs["confidence"]` as their path; undefined for anything else. */
function pathOf(node: ASTNode): string[] | undefined {
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
const childrenOf = ({ args }: ASTNode): ASTNode[] =>
  isNode(args) ? [args] : Array.isArray(args) ? (args as unknown[]).flat().filter(isNode) : [];
