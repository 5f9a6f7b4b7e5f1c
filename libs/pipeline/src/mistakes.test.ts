import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Datatype, Signature } from '@sheaf/inference';
import { mistakes } from './test-pipeline.ts';

const tensor = (name: string, shape: (number | string)[], datatype: Datatype = 'FP32') => ({
  name,
  datatype,
  shape: shape.map((dim) => (typeof dim === 'string' ? -1 : dim)),
  symbols: shape.map((dim) => (typeof dim === 'string' ? dim : '')),
});
const signatures: Readonly<Record<string, Signature>> = {
  net: { inputs: [tensor('x', ['n', 4])], outputs: [tensor('p', ['n', 3])] },
  other: { inputs: [tensor('x', ['n', 4])], outputs: [tensor('p', ['n', 3])] },
  wide: { inputs: [tensor('x', ['n', 4])], outputs: [tensor('p', ['n', 5])] },
  labels: { inputs: [tensor('x', ['n', 4])], outputs: [tensor('p', ['n'], 'INT64')] },
  text: { inputs: [tensor('x', ['n', 4])], outputs: [tensor('p', ['n', 3], 'BYTES')] },
  pair: { inputs: [tensor('a', ['k', 4]), tensor('b', ['k', 4])], outputs: [tensor('p', ['k', 3])] },
  meta: { inputs: [tensor('m', ['n', 6])], outputs: [tensor('p', ['n', 3])] },
};

const x = { inputs: { x: 'x' } };
const base = {
  pipeline: 'p',
  inputs: { x: { datatype: 'FP32', shape: ['rows', 4] } },
  stages: { s: { model: 'net', ...x } } as object,
  outputs: { p: 's.p' } as object,
};
const stage = (body: object, more: object = {}) => ({ ...base, stages: { s: { ...x, ...body } }, ...more });
const ensemble = (members: object, more: object = { combine: { mean: 'p' } }) => stage({ ensemble: members, ...more });
const net = { model: 'net' };
const before = (...rules: object[]) => ({ ...base, rules: { before: rules } });
const after = (...rules: object[]) => ({ ...base, rules: { after: rules } });
const deep = (levels: number): object => (levels === 0 ? net : { fallback: [deep(levels - 1), net] });
const nested = (name: string, asks: string) => ({ ...base, pipeline: name, stages: { s: { pipeline: asks, ...x } } });

/** A document, and all that is wrong with it. */
const broken: readonly (readonly [string, object, readonly string[], (readonly object[])?])[] = [
  [
    'a datatype that does not fit',
    { ...base, inputs: { x: { datatype: 'FP64', shape: [-1, 4] } } },
    ['stages.s.inputs.x: want datatype FP32, got FP64'],
  ],
  [
    'a size that does not fit',
    { ...base, inputs: { x: { datatype: 'FP32', shape: ['rows', 5] } } },
    ['stages.s.inputs.x: shape[1]: want 4, got 5'],
  ],
  [
    'a rank that does not fit',
    { ...base, inputs: { x: { datatype: 'FP32', shape: [4] } } },
    ['stages.s.inputs.x: want rank 2 ([-1, 4]), got rank 1 ([4])'],
  ],
  [
    'two names that need not be one size',
    {
      ...base,
      inputs: { x: { datatype: 'FP32', shape: ['n', 4] }, y: { datatype: 'FP32', shape: ['m', 4] } },
      stages: { s: { model: 'pair', inputs: { a: 'x', b: 'y' } } },
    },
    ['stages.s.inputs.b: shape[0]: want n (k, as another input has it), got m'],
  ],
  [
    'a stage that nobody reads',
    { ...base, stages: { s: { model: 'net', ...x }, idle: { model: 'net', ...x } } },
    ['stages.idle: no output of the pipeline needs this stage'],
  ],
  [
    'an output that is not there',
    { ...base, outputs: { p: 's.q' } },
    ['outputs.p: stage "s" has no output "q"; its outputs are p'],
  ],
  ['no inputs', stage({ model: 'net', inputs: {} }), ['stages.s.inputs: input "x" is missing']],
  [
    'an input that nothing takes',
    stage({ model: 'net', inputs: { x: 'x', z: 'x' } }),
    ['stages.s.inputs.z: there is no input "z"; the inputs are x'],
  ],
  [
    'an input that no member takes',
    stage({ ensemble: { a: net }, combine: { mean: 'p' }, inputs: { x: 'x', z: 'x' } }),
    ['stages.s.inputs.z: there is no input "z"; the inputs are x'],
  ],
  [
    'a stage called as an input',
    { ...base, stages: { x: { model: 'net', ...x } }, outputs: { p: 'x.p' } },
    ['stages.x: "x" is an input and a stage; each name may stand for one thing'],
  ],
  [
    'a switch without an else that an output needs',
    stage({ switch: [{ when: 'inputs.x.size > 3', ...net }] }),
    ['outputs.p: there may be no s.p in an answer; give its switch an else, or write s.p?'],
  ],
  [
    'an optional stage that an output needs',
    stage({ ...net, optional: true }),
    ['outputs.p: there may be no s.p in an answer; give its switch an else, or write s.p?'],
  ],
  [
    'an else before the end',
    stage({ switch: [net, { when: 'true', ...net }] }),
    ['stages.s.switch.0: want `when`; only the last branch may be without, as else'],
  ],
  [
    'branches that differ',
    stage({ switch: [{ when: 'true', ...net }, { model: 'wide' }] }),
    ['stages.s.switch.1: its output "p" is unlike that of the steps before it: shape[1]: want 3, got 5'],
  ],
  ['one step to fall back to', stage({ fallback: [net] }), ['stages.s.fallback: want two steps or more, got 1']],
  ['each over nothing', stage({ each: net, over: 'z' }), ['stages.s.over: there is no input "z"; the inputs are x']],
  [
    'each along a dimension too many',
    stage({ each: net, over: 'x', dimension: 2 }),
    ['stages.s.over: input "x" has no dimension 2 to be split along'],
  ],
  [
    'each with inputs inside',
    stage({ each: { ...net, ...x }, over: 'x' }),
    ['stages.s.each.inputs: a step inside each takes the inputs of each'],
  ],
  ['an ensemble of nobody', ensemble({}), ['stages.s.ensemble: want 1 to 32 members, got 0']],
  [
    'an ensemble of 10,000',
    ensemble(Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`m${n}`, net]))),
    ['stages.s.ensemble: want 1 to 32 members, got 10000'],
  ],
  [
    'members that differ',
    ensemble({ a: net, b: { model: 'wide' } }),
    ['stages.s.ensemble.b: its output "p" is unlike that of the other members: shape[1]: want 3, got 5'],
  ],
  ['a mean of texts', ensemble({ a: { model: 'text' } }), ['stages.s.combine: mean wants FP32 or FP64, got BYTES']],
  [
    'a negative weight',
    ensemble({ a: { ...net, weight: -1 } }),
    ['stages.s.ensemble.a.weight: want a finite number of 0 or more, got -1'],
  ],
  [
    'a weight of NaN',
    ensemble({ a: { ...net, weight: Number.NaN } }),
    ['stages.s.ensemble.a.weight: want a finite number of 0 or more, got NaN'],
  ],
  [
    'an infinite weight',
    ensemble({ a: { ...net, weight: Number.POSITIVE_INFINITY } }),
    ['stages.s.ensemble.a.weight: want a finite number of 0 or more, got Infinity'],
  ],
  [
    'weights that sum to 0',
    ensemble({ a: { ...net, weight: 0 }, b: { ...net, weight: 0 } }, { combine: { 'weighted-mean': 'p' } }),
    ['stages.s.ensemble: the weights of the members sum to 0'],
  ],
  [
    'a weight that is not a number',
    ensemble({ a: { ...net, weight: '"x"' } }, { combine: { 'weighted-mean': 'p' } }),
    ['stages.s.ensemble.a.weight: want an expression that gives a number, this one gives string'],
  ],
  [
    'a weight that a mean does not take',
    ensemble({ a: { ...net, weight: 2 } }),
    [
      'stages.s.ensemble.a.weight: mean does not weigh; combine by weighted-mean, soft-vote, hard-vote, or leave the weight out',
    ],
  ],
  [
    'a quorum of more than there are',
    ensemble({ a: net }, { combine: { mean: 'p' }, quorum: 2 }),
    ['stages.s.quorum: want at most the 1 members that there are, got 2'],
  ],
  [
    'a quorum of more than they weigh',
    ensemble({ a: net }, { combine: { mean: 'p' }, quorum: { weight: 1.5 } }),
    ['stages.s.quorum.weight: want at most the 1 that all members weigh, got 1.5'],
  ],
  [
    'a quorum of a race',
    ensemble({ a: net }, { combine: { first: 'p' }, quorum: 1 }),
    ['stages.s.quorum: first takes one answer; it has no quorum'],
  ],
  [
    'a stack that may lack a member',
    ensemble({ a: { ...net, optional: true }, b: { model: 'other' } }, { combine: { stack: 'p', model: 'meta' } }),
    ['stages.s.combine: stack reads all members; none may be optional, and it has no quorum'],
  ],
  [
    'a stack of another width',
    ensemble({ a: net }, { combine: { stack: 'p', model: 'meta' } }),
    ['stages.s.combine: input "m" of meta: shape[1]: want 6, got 3'],
  ],
  [
    'labels that the ensemble has not',
    ensemble({ a: { ...net, labels: ['a', 'b', 'c'] } }),
    ['stages.s.ensemble.a.labels: the member has labels; combine must have `labels` too, so that they can be aligned'],
  ],
  [
    'labels that do not match',
    ensemble({ a: { ...net, labels: ['a', 'b', 'd'] } }, { combine: { mean: 'p', labels: ['a', 'b', 'c'] } }),
    ['stages.s.ensemble.a.labels: want the classes a, b, c in any order, got a, b, d'],
  ],
  [
    'too few labels',
    ensemble({ a: { ...net, labels: ['a', 'b'] } }, { combine: { mean: 'p', labels: ['b', 'a'] } }),
    ['stages.s.ensemble.a.labels: want 3 names, one for each class of "p", got 2'],
  ],
  [
    'a soft time-out that never takes effect',
    ensemble({ a: { ...net, softTimeout: '5ms' } }),
    ['stages.s.ensemble.a.softTimeout: the member is not optional, so it is waited for however long it takes'],
  ],
  [
    'a time that is none',
    stage({ ...net, timeout: '5' }),
    ['stages.s.timeout: want a time such as 20ms, 1.5s or 2m, got "5"'],
  ],
  ['steps in steps, a thousand deep', stage(deep(1_000)), ['steps stand in steps at most 8 deep']],
  ['a pipeline that asks itself', nested('p', 'p'), ['stages.s: the pipelines form a cycle: p -> p']],
  [
    'pipelines that ask one another',
    nested('p', 'q'),
    ['stages.s: the pipelines form a cycle: p -> q -> p', 'stages.s: the pipelines form a cycle: q -> p -> q'],
    [nested('q', 'p')],
  ],
  [
    'a reroute in a circle',
    { ...base, rules: { before: [{ name: 'r', reroute: 'p' }] } },
    ['rules.before.0.reroute: the pipelines form a cycle: p -> p'],
  ],
  [
    'a reroute to nowhere',
    before({ name: 'r', reroute: 'q/2' }),
    ['rules.before.0.reroute: there is no pipeline "q" version 2'],
  ],
  [
    'metadata that is secret',
    { ...base, context: { who: { metadata: 'authorization', default: '' } } },
    ['context.who.metadata: "authorization" is not open to expressions'],
  ],
  [
    'a context value that is not declared',
    before({ name: 'r', when: 'context.tier == "x"', refuse: 'no' }),
    ['rules.before.0: when: No such key: tier'],
  ],
  [
    'a condition that is no condition',
    before({ name: 'r', when: 'inputs.x.size', refuse: 'no' }),
    ['rules.before.0: when: want an expression that gives a bool, this one gives int'],
  ],
  [
    'a rule of two minds',
    before({ name: 'r', refuse: 'no', reroute: 'q' }),
    ['rules.before.0: want exactly one of refuse, reroute, set, cap-rows, got refuse and reroute'],
  ],
  [
    'a rule before that belongs after',
    before({ name: 'r', keep: 'row.p > 1' }),
    ['rules.before.0: want exactly one of refuse, reroute, set, cap-rows, got keep'],
  ],
  [
    'two rules of one name',
    before({ name: 'r', refuse: 'a' }, { name: 'r', refuse: 'b' }),
    ['rules.before.1.name: another rule is called "r" already'],
  ],
  [
    'an expression that does not end',
    before({ name: 'r', when: 'inputs.x.size >', refuse: 'no' }),
    ['rules.before.0.when: Unexpected token: EOF'],
  ],
  [
    'an expression bomb',
    before({ name: 'r', when: new Array(300).fill('1').join(' + '), refuse: 'no' }),
    ['rules.before.0.when: Exceeded maxAstNodes (256)'],
  ],
  [
    'an expression as deep as a well',
    before({ name: 'r', when: `${'('.repeat(500)}1${')'.repeat(500)}`, refuse: 'no' }),
    ['rules.before.0.when: Exceeded maxDepth (24)'],
  ],
  [
    'a loop in a loop',
    before({ name: 'r', when: '[1].exists(a, [2].exists(b, a == b))', refuse: 'no' }),
    ['rules.before.0.when: exists() stands inside another loop over a list; one loop at a time'],
  ],
  [
    'a pattern that backtracks',
    before({ name: 'r', when: '"a".matches("(a+)+$")', refuse: 'no' }),
    [
      'rules.before.0.when: matches() is not there: its patterns can backtrack for seconds; use ==, in, startsWith, endsWith or contains',
    ],
  ],
  [
    'an expression over what is born with every object',
    before({ name: 'r', when: 'context.constructor == "x"', refuse: 'no' }),
    ['rules.before.0: when: No such key: constructor'],
  ],
  [
    'a filter over outputs of other rows',
    {
      ...base,
      inputs: { ...base.inputs, z: { datatype: 'FP32', shape: ['others', 4] } },
      stages: { s: { model: 'net', ...x }, t: { model: 'net', inputs: { x: 'z' } } },
      outputs: { p: 's.p', q: 't.p' },
      rules: { after: [{ name: 'f', keep: 'row.p[0] > row.q[0]' }] },
    },
    ['rules.after.0: keep: outputs "p" and "q" need not have the same rows'],
  ],
  [
    'a cap of what has no numbers',
    { ...stage({ model: 'text' }), rules: { after: [{ name: 'c', cap: { p: 1 } }] } },
    ['rules.after.0: cap: output "p" is BYTES, which has no numbers'],
  ],
  [
    'a cap of what is not there',
    after({ name: 'c', cap: { q: 1 } }),
    ['rules.after.0: cap: there is no output "q"; the outputs are p'],
  ],
];

describe('a pipeline with a mistake', () => {
  for (const [name, document, want, others] of broken) {
    it(`is refused at load: ${name}`, () => {
      const got = mistakes(document, { signatures, ...(others ? { others } : {}) });
      // A path of a thousand steps says no more than its last sentence.
      const shown = name.includes('thousand') ? got.map((line) => line.slice(line.lastIndexOf(': ') + 2)) : got;
      assert.deepEqual(name.includes('thousand') ? [...new Set(shown)] : shown, want);
    });
  }

  it('names that every object is born with are names like others', () => {
    const odd = ['constructor', 'toString', 'hasOwnProperty', 'valueOf'];
    for (const name of odd) {
      const document = {
        ...base,
        inputs: { [name]: { datatype: 'FP32', shape: ['rows', 4] } },
        context: { [name]: { parameter: name, default: 'x' } },
        stages: { [`${name}1`]: { model: 'net', inputs: { x: name } } },
        outputs: { [name]: `${name}1.p` },
        rules: { after: [{ name, label: { [name]: true } }] },
      };
      assert.deepEqual(mistakes(document, { signatures }), []);
    }
    const missing = { ...base, stages: { s: { model: 'net', inputs: { x: 'toString.p' } } } };
    assert.deepEqual(mistakes(missing, { signatures }), [
      'stages.s.inputs.x: there is no stage "toString"; the stages are s',
    ]);
    assert.deepEqual(mistakes(stage({ model: 'constructor' }), { signatures }), [
      'stages.s.model: there is no model "constructor"',
    ]);
  });
});
