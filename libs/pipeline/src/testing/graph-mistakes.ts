/** Documents with a mistake in the graph and its steps, and the sentence each gets. */
import { type Broken, base, eachIn, ensemble, net, stage, x } from './mistake-documents.ts';

export const graphMistakes: readonly Broken[] = [
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
  [
    'a mean of texts',
    ensemble({ a: { model: 'text' } }),
    ['stages.s.combine: mean wants FP16, BF16, FP32 or FP64, got BYTES'],
  ],
  [
    'a soft vote over texts',
    ensemble({ a: { model: 'text' } }, { combine: { 'soft-vote': 'p' } }),
    ['stages.s.combine: soft-vote wants FP16, BF16, FP32 or FP64 probabilities, got BYTES'],
  ],
  [
    'a member of texts with labels',
    ensemble({ a: { model: 'text', labels: ['b', 'a'] } }, { combine: { 'hard-vote': 'p', labels: ['a', 'b'] } }),
    [
      'stages.s.ensemble.a.labels: "p" has texts, which name their classes themselves; leave the labels out',
      'outputs.p: stage "s" has no output "p"; its outputs are label, score, votes',
    ],
  ],
  [
    'a negative weight',
    ensemble({ a: { ...net, weight: -1 } }),
    ['stages.s.ensemble.a.weight: want a number from 0 to 1000000, got -1'],
  ],
  [
    'a weight of NaN',
    ensemble({ a: { ...net, weight: Number.NaN } }),
    ['stages.s.ensemble.a.weight: want a number from 0 to 1000000, got NaN'],
  ],
  [
    'an infinite weight',
    ensemble({ a: { ...net, weight: Number.POSITIVE_INFINITY } }),
    ['stages.s.ensemble.a.weight: want a number from 0 to 1000000, got Infinity'],
  ],
  [
    'a weight of more than a million',
    ensemble({ a: { ...net, weight: 1e7 } }),
    ['stages.s.ensemble.a.weight: want a number from 0 to 1000000, got 10000000'],
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
    ['stages.s.quorum: want at most the 1 members that are asked, got 2'],
  ],
  [
    'a quorum of more than are asked',
    ensemble({ a: net, b: { model: 'other', weight: 0 } }, { combine: { 'weighted-mean': 'p' }, quorum: 2 }),
    ['stages.s.quorum: want at most the 1 members that are asked, got 2'],
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
    'steps in steps, each of which is one key deep',
    stage({ ...eachIn(9), over: 'x' }),
    ['stages.s.each.each.each.each.each.each.each.each.each: steps stand in steps at most 8 deep'],
  ],
  [
    'an input of any size where one is wanted',
    { ...base, inputs: { x: { datatype: 'FP32', shape: ['rows', 'columns'] } } },
    [
      'stages.s.inputs.x: shape[1]: want 4, got columns, which callers may send in any size; write 4 in the shape of the input',
    ],
  ],
  [
    'an input of any size, without a name, where one is wanted',
    { ...base, inputs: { x: { datatype: 'FP32', shape: [-1, -1] } } },
    [
      'stages.s.inputs.x: shape[1]: want 4, got -1, which callers may send in any size; write 4 in the shape of the input',
    ],
  ],
  [
    'a size beside one that callers choose',
    {
      ...base,
      inputs: { x: { datatype: 'FP32', shape: ['n', 4] }, y: { datatype: 'FP32', shape: [3, 4] } },
      stages: { s: { model: 'pair', inputs: { a: 'x', b: 'y' } } },
    },
    ['stages.s.inputs.b: shape[0]: want n (k, as another input has it), got 3'],
  ],
  [
    'members with rows of different inputs',
    {
      ...base,
      inputs: { x: { datatype: 'FP32', shape: ['n', 4] }, z: { datatype: 'FP32', shape: ['m', 4] } },
      stages: {
        s: {
          ensemble: { a: { ...net, ...x }, b: { ...net, inputs: { x: 'z' } } },
          combine: { mean: 'p' },
        },
      },
    },
    ['stages.s.ensemble.b: its output "p" is unlike that of the other members: shape[0]: want n, got m'],
  ],
];
