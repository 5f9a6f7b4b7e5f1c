import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Problems } from '@sheaf/document';
import { type InferRequest, packBytes, type Tensor, tensorOf, unpackBytes } from '@sheaf/inference';
import {
  checkExpression,
  compileAfter,
  compileBefore,
  ExpressionError,
  expressionLimits,
  type OutputRows,
  parseExpression,
  requestVariables,
  ruleSet,
} from './index.ts';

function evaluate(text: string, values: Readonly<Record<string, unknown>> = {}): unknown {
  const parsed = parseExpression(text);
  assert.ok(typeof parsed !== 'string', String(parsed));
  const types = { xs: 'list<double>', ns: 'list<int>', d: 'double', n: 'int' } as const;
  const wanted = /[<>=!]|exists|all/.test(text) ? 'bool' : 'number';
  const checked = checkExpression(parsed, types, wanted);
  assert.ok(typeof checked !== 'string', String(checked));
  return checked({ xs: [3, 1, 2], ns: [3n, 1n, 2n], d: 0.5, n: 4n, ...values });
}

describe('an expression', () => {
  it('has functions over numeric lists', () => {
    assert.deepEqual(
      ['lowest(xs)', 'highest(ns)', 'mean(xs)', 'sum(ns)', 'abs(-d)'].map((text) => evaluate(text)),
      [1, 3, 2, 6, 0.5],
    );
  });

  it('holds no comparison with what an empty list has not', () => {
    for (const text of ['lowest(xs) < 0.8', 'highest(xs) > 0.0', 'mean(xs) > 0.0', 'mean(xs) < 1.0'])
      assert.equal(evaluate(text, { xs: [] }), false, text);
  });

  it('mixes whole and broken numbers', () => {
    assert.deepEqual(
      ['n * d', 'd + n', 'n - d', 'n / 0.5'].map((text) => evaluate(text)),
      [2, 4.5, 3.5, 8],
    );
    assert.equal(evaluate('n > 3.5'), true);
  });

  it('tells what it reads, but not what it binds itself', () => {
    const parsed = parseExpression('outputs.a.exists(v, v > inputs["b"].size) && context.c == "d"');
    assert.ok(typeof parsed !== 'string');
    assert.deepEqual(parsed.reads, [
      ['outputs', 'a'],
      ['inputs', 'b', 'size'],
      ['context', 'c'],
    ]);
  });

  it('throws an error of its own when it cannot be evaluated', () => {
    assert.throws(() => evaluate('xs[9] > 1.0'), ExpressionError);
    assert.throws(() => evaluate('n / 0 > 1'), ExpressionError);
  });

  it('may measure and index a list inside a loop over another', () => {
    assert.equal(evaluate('xs.exists(x, x > double(ns[0]) || size(ns) == 4 || ns.size() == 3)'), true);
  });

  it('is refused past its bounds, at once', () => {
    const { charsMax, nodesMax } = expressionLimits;
    for (const [text, sentence] of [
      ['x'.repeat(charsMax + 1), /at most 2000 characters/],
      [new Array(nodesMax).fill('1').join('+'), /maxAstNodes/],
      ['"a".matches("(a+)+$")', /backtrack/],
      ['xs.exists(a, ns.exists(b, a > double(b)))', /one loop at a time/],
      ['xs.map(a, xs.filter(b, b > a)).size() > 0', /one loop at a time/],
    ] as const) {
      const startedAt = performance.now();
      assert.match(String(parseExpression(text)), sentence);
      assert.ok(performance.now() - startedAt < 1_000);
    }
  });
});

const rulesOf = (rules: object) => {
  const problems = new Problems();
  const read = ruleSet.read(rules, [], problems);
  assert.deepEqual(problems.list, []);
  assert.ok(read);
  return read;
};
const texts = (...values: string[]): Tensor => ({
  name: 't',
  datatype: 'BYTES',
  shape: [values.length],
  data: packBytes(values),
});
const readTexts = ({ data }: Tensor): string[] => unpackBytes(data).map((bytes) => Buffer.from(bytes).toString());

describe('rules before', () => {
  it('cap the rows of every input that has them, texts too', () => {
    const variables = requestVariables({}, [{ name: 't' }, { name: 'x' }]);
    const before = compileBefore(
      rulesOf({ before: [{ name: 'few', 'cap-rows': 2 }] }).before,
      variables,
      new Set(['t', 'x']),
      '1',
    );
    assert.ok(typeof before === 'function');
    const x = tensorOf('x', 'FP32', [3, 1], Float32Array.of(1, 2, 3));
    const request: InferRequest = {
      model: 'm',
      version: '',
      id: '',
      parameters: new Map(),
      inputs: [texts('a', 'bb', 'ccc'), x],
      outputs: [],
    };
    const [t, capped] = before(request, () => ({})).request.inputs as [Tensor, Tensor];
    assert.deepEqual(readTexts(t), ['a', 'bb']);
    assert.deepEqual([capped.shape, capped.data.byteLength], [[2, 1], 8]);
  });
});

describe('rules after', () => {
  const outputs: readonly OutputRows[] = [
    { name: 's', datatype: 'FP32', shape: [-1], symbols: ['n'], rows: 'n' },
    { name: 't', datatype: 'BYTES', shape: [-1], symbols: ['n'], rows: 'n' },
    { name: 'other', datatype: 'FP32', shape: [-1], symbols: ['m'], rows: 'm' },
  ];
  const tensors = [
    tensorOf('s', 'FP32', [3], Float32Array.of(0.1, 0.9, 0.5)),
    texts('a', 'bb', 'ccc'),
    tensorOf('other', 'FP32', [2], Float32Array.of(0.125, 1.005)),
  ];
  const apply = (...rules: object[]) => {
    const after = compileAfter(rulesOf({ after: rules }).after, { context: {} }, outputs, '1');
    assert.ok(typeof after === 'function', JSON.stringify(after));
    return after(tensors, { context: {} });
  };
  const numbers = (tensor: Tensor | undefined): number[] =>
    Array.from(new Float32Array(tensor?.data.slice().buffer ?? new ArrayBuffer()));

  it('filter the rows of all outputs that have the same ones, and of no other', () => {
    const [s, t, other] = apply({ name: 'f', keep: 'row.s >= 0.5' }).outputs as [Tensor, Tensor, Tensor];
    assert.deepEqual(numbers(s), [0.9, 0.5].map(Math.fround));
    assert.deepEqual(readTexts(t), ['bb', 'ccc']);
    assert.equal(other, tensors[2]);
  });

  it('filter nothing where a model gave other rows than it declares: half of them would be cut from what has none', () => {
    const after = compileAfter(
      rulesOf({ after: [{ name: 'f', keep: 'row.s >= 0.5' }] }).after,
      { context: {} },
      outputs,
      '1',
    );
    assert.ok(typeof after === 'function');
    const given = [tensors[0] as Tensor, texts('a'), tensors[2] as Tensor];
    const { outputs: left, decisions } = after(given, { context: {} });
    assert.deepEqual(left, given);
    assert.deepEqual(decisions, [
      { rule: 'f', action: 'keep', outcome: 'failed', why: 'outputs "s" and "t" have 3 and 1 rows' },
    ]);
  });

  it('round as whoever reads the number expects', () => {
    const { outputs: rounded } = apply({ name: 'r', round: { other: 2 } });
    assert.deepEqual(numbers(rounded[2]), [0.13, 1.0].map(Math.fround), '1.005 is a little less as FP32');
  });

  it('only say what they would have done, in shadow', () => {
    const {
      outputs: left,
      labels,
      decisions,
    } = apply(
      { name: 'f', keep: 'row.s >= 0.5', shadow: true },
      { name: 'l', label: { a: 1 }, shadow: true },
      { name: 'r', refuse: 'no', shadow: true },
    );
    assert.deepEqual(left, tensors);
    assert.equal(labels.size, 0);
    assert.deepEqual(
      decisions.map(({ rule, outcome }) => [rule, outcome]),
      [
        ['f', 'would-act'],
        ['l', 'would-act'],
        ['r', 'would-act'],
      ],
    );
  });

  it('see what those before them made of the answer', () => {
    const { labels } = apply(
      { name: 'f', keep: 'row.s > 0.8' },
      { name: 'l', when: 'size(outputs.s) == 1', label: { alone: true } },
    );
    assert.deepEqual([...labels], [['alone', true]]);
  });
});
