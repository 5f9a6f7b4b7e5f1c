/** Signatures and parts of documents for the tables of mistakes. */
import type { Datatype, Signature } from '@sheaf/inference';

export const tensor = (name: string, shape: (number | string)[], datatype: Datatype = 'FP32') => ({
  name,
  datatype,
  shape: shape.map((dim) => (typeof dim === 'string' ? -1 : dim)),
  symbols: shape.map((dim) => (typeof dim === 'string' ? dim : '')),
});
export const signatures: Readonly<Record<string, Signature>> = {
  net: { inputs: [tensor('x', ['n', 4])], outputs: [tensor('p', ['n', 3])] },
  other: { inputs: [tensor('x', ['n', 4])], outputs: [tensor('p', ['n', 3])] },
  wide: { inputs: [tensor('x', ['n', 4])], outputs: [tensor('p', ['n', 5])] },
  labels: { inputs: [tensor('x', ['n', 4])], outputs: [tensor('p', ['n'], 'INT64')] },
  text: { inputs: [tensor('x', ['n', 4])], outputs: [tensor('p', ['n', 3], 'BYTES')] },
  pair: { inputs: [tensor('a', ['k', 4]), tensor('b', ['k', 4])], outputs: [tensor('p', ['k', 3])] },
  echo: { inputs: [tensor('x', ['n', 4])], outputs: [tensor('y', ['n', 4])] },
  /** Names no dimension, so nobody knows which are the same. */
  loose: { inputs: [tensor('x', [-1, 4])], outputs: [tensor('p', [-1, 3]), tensor('q', [-1])] },
  three: { inputs: [tensor('x', ['n', 4])], outputs: [tensor('p', [3])] },
  meta: { inputs: [tensor('m', ['n', 6])], outputs: [tensor('p', ['n', 3])] },
};

export const x = { inputs: { x: 'x' } };
export const base = {
  pipeline: 'p',
  inputs: { x: { datatype: 'FP32', shape: ['rows', 4] } },
  stages: { s: { model: 'net', ...x } } as object,
  outputs: { p: 's.p' } as object,
};
export const stage = (body: object, more: object = {}) => ({ ...base, stages: { s: { ...x, ...body } }, ...more });
export const ensemble = (members: object, more: object = { combine: { mean: 'p' } }) =>
  stage({ ensemble: members, ...more });
export const net = { model: 'net' };
export const before = (...rules: object[]) => ({ ...base, rules: { before: rules } });
export const after = (...rules: object[]) => ({ ...base, rules: { after: rules } });
export const deep = (levels: number): object => (levels === 0 ? net : { fallback: [deep(levels - 1), net] });
/** `each` in `each`, so often. */
export const eachIn = (levels: number): object => (levels === 0 ? net : { each: eachIn(levels - 1), over: 'x' });
/** A pipeline of one stage under another name, over inputs and outputs of its own. */
export const other = (model: string, more: object = {}) => ({
  ...stage({ model }),
  pipeline: 'q',
  ...more,
});
export const nested = (name: string, asks: string) => ({
  ...base,
  pipeline: name,
  stages: { s: { pipeline: asks, ...x } },
});

/** What is wrong, a document with it, all that is told, and the other pipelines of the folder. */
export type Broken = readonly [string, object, readonly string[], (readonly object[])?];
