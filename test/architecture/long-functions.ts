/** How long a function may be, and those that are longer for a reason. */
import ts from 'typescript';

/** A function fits on a screen: with more lines, nobody sees where it begins. */
export const functionLinesMax = 60;

const aListOfCases = 'a contract: a list of cases, none of which is long';

/** By room and name: why that function stays in one piece. */
export const longFunctions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  jobs: {
    batchContract: aListOfCases,
    batchEndsContract: aListOfCases,
    endsContract: aListOfCases,
    generationsContract: aListOfCases,
    lateCommitsContract: aListOfCases,
    leaseContract: aListOfCases,
    looksContract: aListOfCases,
    orderContract: aListOfCases,
    predictionsContract: aListOfCases,
    submitContract: aListOfCases,
  },
  limiter: {
    limiterContract: aListOfCases,
  },
  registry: {
    aliasesContract: aListOfCases,
    auditContract: aListOfCases,
    rolloutsContract: aListOfCases,
    versionsContract: aListOfCases,
    watchContract: aListOfCases,
  },
  store: {
    auditContract: aListOfCases,
    keysContract: aListOfCases,
    quotasContract: aListOfCases,
  },
};

export interface LongFunction {
  /** Its own name, or that of what it is assigned or given to. */
  readonly name: string;
  readonly lines: number;
}

/** The outermost functions of a file that are too long: what stands in one of them is seen once it is split. */
export function longFunctionsIn(tree: ts.SourceFile): LongFunction[] {
  const found: LongFunction[] = [];
  const visit = (node: ts.Node): void => {
    const lines = ts.isFunctionLike(node) && 'body' in node ? lineOf(node.end) - lineOf(node.getStart(tree)) + 1 : 0;
    if (lines > functionLinesMax) found.push({ name: nameOf(node), lines });
    else ts.forEachChild(node, visit);
  };
  const lineOf = (position: number): number => tree.getLineAndCharacterOfPosition(position).line;
  visit(tree);
  return found;
}

function nameOf(node: ts.Node): string {
  const name = ts.isFunctionLike(node) ? node.name : undefined;
  if (name !== undefined) return name.getText();
  const { parent } = node;
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)) return parent.name.getText();
  return ts.isCallExpression(parent) ? parent.expression.getText() : 'a function';
}
