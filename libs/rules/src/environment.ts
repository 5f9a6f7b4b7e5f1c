import { Environment } from '@marcbachmann/cel-js';

/** What a variable of an expression holds; a mapping's fields are read by name. */
export type CelType =
  | 'bool'
  | 'int'
  | 'double'
  | 'string'
  | 'list<bool>'
  | 'list<int>'
  | 'list<double>'
  | 'list<string>'
  | Fields;
interface Fields {
  readonly [field: string]: CelType;
}
export type Variables = Readonly<Record<string, CelType>>;

/** An expression is refused at load past any of these; so evaluating one costs microseconds, whatever callers send. */
export const expressionLimits = {
  charsMax: 2_000,
  nodesMax: 256,
  depthMax: 24,
  listMax: 64,
  elementsMax: 1_024,
} as const;

/** A field that every object has by birth is not one that somebody declared; the engine also mistakes `constructor` for a type. */
export const isReadable = (field: string): boolean => !(field in Object.prototype);

type Numeric = number | bigint;
const mixed: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
};

const sum = (values: readonly Numeric[]): number => values.reduce<number>((total, value) => total + Number(value), 0);

/** Over all elements of a list. Of an empty one: lowest is +infinity, highest -infinity, sum 0, mean NaN, so that no comparison with it holds by accident. */
const listFunctions: Readonly<Record<string, (values: readonly Numeric[]) => number>> = {
  lowest: (values) => values.reduce<number>((low, value) => Math.min(low, Number(value)), Number.POSITIVE_INFINITY),
  highest: (values) => values.reduce<number>((high, value) => Math.max(high, Number(value)), Number.NEGATIVE_INFINITY),
  sum,
  mean: (values) => sum(values) / values.length,
};

/** CEL with our functions over lists, sums of whole and broken numbers, and `variables`, checked; without any, only to be parsed. */
export function createEnvironment(variables: Variables = {}): Environment {
  const { nodesMax, depthMax, listMax } = expressionLimits;
  const environment = new Environment({
    unlistedVariablesAreDyn: false,
    limits: { maxAstNodes: nodesMax, maxDepth: depthMax, maxListElements: listMax, maxMapEntries: listMax },
  });
  for (const [operator, compute] of Object.entries(mixed)) {
    const handler = (a: Numeric, b: Numeric): number => compute(Number(a), Number(b));
    environment.registerOperator(`double ${operator} int: double`, handler);
    environment.registerOperator(`int ${operator} double: double`, handler);
  }
  for (const [name, compute] of Object.entries(listFunctions)) {
    environment.registerFunction(`${name}(list<double>): double`, compute);
    environment.registerFunction(`${name}(list<int>): double`, compute);
  }
  environment.registerFunction('abs(double): double', Math.abs);
  environment.registerFunction('abs(int): int', (value: bigint) => (value < 0n ? -value : value));
  for (const [name, type] of Object.entries(variables)) {
    if (typeof type === 'string') environment.registerVariable(name, type);
    else environment.registerVariable(name, { schema: schemaOf(type) });
  }
  return environment;
}

type Schema = { [field: string]: string | Schema };

const schemaOf = (fields: Fields): Schema =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([field]) => isReadable(field))
      .map(([field, type]) => [field, typeof type === 'string' ? type : schemaOf(type)]),
  );
