import type { ASTNode } from '@marcbachmann/cel-js';
import { costOf } from './cost.ts';
import { createEnvironment, expressionLimits, isReadable, type Variables } from './environment.ts';
import { childrenOf, loops, pathOf } from './syntax.ts';

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
  { text, reads }: Expression,
  variables: Variables,
  wanted: W,
): Evaluate<W> | string {
  const program = createEnvironment(variables).parse(text);
  const { valid, type = '', error } = program.check();
  if (!valid) return unknownRead(reads, variables) ?? summaryOf(error);
  const cost = costOf(program.ast);
  if (cost) return cost;
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

/** What an expression reads and nobody declared, with what it could have meant. */
function unknownRead(reads: Expression['reads'], variables: Variables): string | undefined {
  for (const path of reads) {
    let known: Variables = variables;
    for (const [at, field] of path.entries()) {
      const names = Object.keys(known).filter(isReadable);
      if (!names.includes(field)) {
        const place = at === 0 ? '' : `${path.slice(0, at).join('.')}.`;
        const expected = names.length === 0 ? 'nothing is declared there' : `want one of ${names.join(', ')}`;
        return `there is no ${place}${field} to be read; ${expected}`;
      }
      const type = known[field];
      if (typeof type !== 'object') break;
      known = type;
    }
  }
  return undefined;
}

/** Read by name only: what an expression reads has to be known before it runs. */
const namespaces: ReadonlyMap<string, number> = new Map([
  ['context', 2],
  ['inputs', 2],
  ['outputs', 2],
  ['row', 2],
  ['stages', 3],
]);

/** Each takes as long as its list, and may do so once. */
const folds = new Set(['lowest', 'highest', 'mean', 'sum']);

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
      if (path.length < (namespaces.get(path[0] ?? '') ?? 1))
        this.problem ??= `${path.join('.')} is not a value; name what is read, as in ${path.join('.')}.name`;
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
    if (node.op === 'rcall' && name === 'bind')
      this.problem ??=
        'cel.bind() is not there: what it binds can double with each one; write the value where it is used';
    if (inLoop && folds.has(name))
      this.problem ??= `${name}() stands inside a loop over a list, and would be worked out for every element`;
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
