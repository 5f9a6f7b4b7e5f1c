/** Documents with a mistake in times, nesting, rules and expressions, and the sentence each gets. */
import { after, type Broken, base, before, deep, ensemble, nested, net, other, stage, x } from './mistake-documents.ts';

export const ruleMistakes: readonly Broken[] = [
  [
    'a time that is none',
    stage({ ...net, timeout: '5' }),
    ['stages.s.timeout: want a time such as 20ms, 1.5s, 2m or 24h, got "5"'],
  ],
  ['steps in steps, a thousand deep', stage(deep(1_000)), ['steps stand in steps at most 8 deep']],
  ['a pipeline that asks itself', nested('p', 'p'), ['stages.s: the pipelines form a cycle: p -> p']],
  [
    'pipelines that ask one another',
    nested('p', 'q'),
    ['stages.s: the pipelines form a cycle: p -> q -> p'],
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
    ['rules.before.0.when: there is no context.tier to be read; nothing is declared there'],
  ],
  [
    'a condition that is no condition',
    before({ name: 'r', when: 'inputs.x.size', refuse: 'no' }),
    ['rules.before.0.when: want an expression that gives a bool, this one gives int'],
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
    ['rules.before.0.when: there is no context.constructor to be read; nothing is declared there'],
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
    ['rules.after.0.keep: outputs "p" and "q" need not have the same rows'],
  ],
  [
    'a cap of what has no numbers',
    { ...stage({ model: 'text' }), rules: { after: [{ name: 'c', cap: { p: 1 } }] } },
    ['rules.after.0.cap.p: the output is BYTES, which has no numbers'],
  ],
  [
    'a cap of what is not there',
    after({ name: 'c', cap: { q: 1 } }),
    ['rules.after.0.cap.q: there is no such output; the outputs are p'],
  ],
  [
    'a context value that is spelt otherwise',
    {
      ...before({ name: 'r', when: 'context.tier == "x"', refuse: 'no' }),
      context: { level: { parameter: 'level', default: '' }, channel: { parameter: 'channel', default: '' } },
    },
    ['rules.before.0.when: there is no context.tier to be read; want one of level, channel'],
  ],
  [
    'an output that a condition spells otherwise',
    after({ name: 'r', when: 'lowest(outputs.q) > 0.0', refuse: 'no' }),
    ['rules.after.0.when: there is no outputs.q to be read; want one of p'],
  ],
  [
    'outputs in a rule before',
    before({ name: 'r', when: 'lowest(outputs.p) > 0.0', refuse: 'no' }),
    ['rules.before.0.when: there is no outputs to be read; want one of context, inputs'],
  ],
  [
    'all outputs at once',
    after({ name: 'r', when: '[outputs].exists(o, highest(o.p) > 0.0)', refuse: 'no' }),
    ['rules.after.0.when: outputs is not a value; name what is read, as in outputs.name'],
  ],
  [
    'an output that a call names',
    after({ name: 'r', when: 'outputs[context.name][0] > 0.0', refuse: 'no' }),
    ['rules.after.0.when: outputs is not a value; name what is read, as in outputs.name'],
  ],
  [
    'a stage without an output',
    ensemble({ a: { ...net, weight: 'size([stages.s])' } }, { combine: { 'weighted-mean': 'p' } }),
    ['stages.s.ensemble.a.weight: stages.s is not a value; name what is read, as in stages.s.name'],
  ],
  [
    'a name for a part of an expression',
    before({ name: 'r', when: 'cel.bind(a, [1, 1], cel.bind(b, a + a, size(b + b) > 1))', refuse: 'no' }),
    [
      'rules.before.0.when: cel.bind() is not there: what it binds can double with each one; write the value where it is used',
    ],
  ],
  [
    'a list that grows',
    after({ name: 'r', when: 'size(outputs.p + outputs.p.map(v, v)) > 1', refuse: 'no' }),
    ['rules.after.0.when: lists are not joined by +; look at each of them on its own'],
  ],
  [
    'a list that is read for each of its elements',
    after({ name: 'r', when: 'outputs.p.exists(v, 0.5 in outputs.p)', refuse: 'no' }),
    [
      'rules.after.0.when: outputs.p stands inside exists(), which would read all of it for every element; only outputs.p[i] and size(outputs.p) may',
    ],
  ],
  [
    'a sum that is worked out for each element',
    after({ name: 'r', when: 'outputs.p.all(v, lowest(outputs.p) <= v)', refuse: 'no' }),
    ['rules.after.0.when: lowest() stands inside a loop over a list, and would be worked out for every element'],
  ],
  [
    'a label that is ours',
    after({ name: 'l', label: { sheaf_degraded: true } }),
    [
      'rules.after.0.label.sheaf_degraded: want a name of letters, digits, "_" and "-" that does not begin with sheaf_, got "sheaf_degraded"',
    ],
  ],
  [
    'a parameter that is ours',
    before({ name: 's', set: { sheaf_explain: true } }),
    [
      'rules.before.0.set.sheaf_explain: want a name of letters, digits, "_" and "-" that does not begin with sheaf_, got "sheaf_explain"',
    ],
  ],
  [
    'a filter over rows that are always as many',
    { ...stage({ model: 'three' }), rules: { after: [{ name: 'f', keep: 'row.p > 0.5' }] } },
    [
      'rules.after.0.keep: output "p" always has 3 rows; want one whose first dimension is open, or replace values where the condition holds',
    ],
  ],
  [
    'a filter beside rows that nobody knows',
    {
      ...stage({ model: 'loose' }),
      outputs: { p: 's.p', q: 's.q' },
      rules: { after: [{ name: 'f', keep: 'row.q > 0.5' }] },
    },
    [
      'rules.after.0.keep: it is not known whether output "p" has the rows of "q"; name the first dimensions where they are declared, as in shape: [rows, ...], alike or not',
    ],
  ],
  [
    'filtered rows beside those of before',
    {
      ...base,
      stages: { f: { pipeline: 'q', ...x }, s: { model: 'pair', inputs: { a: 'x', b: 'f.y' } } },
    },
    ['stages.s.inputs.b: shape[0]: want rows (k, as another input has it), got rows_kept'],
    [{ ...other('echo', { outputs: { y: 's.y' } }), rules: { after: [{ name: 'f', keep: 'row.y[0] > 0.5' }] } }],
  ],
  [
    'rows that were cut beside those of before',
    {
      ...base,
      stages: { f: { pipeline: 'q', ...x }, s: { model: 'pair', inputs: { a: 'x', b: 'f.y' } } },
    },
    ['stages.s.inputs.b: shape[0]: want rows (k, as another input has it), got rows_capped'],
    [{ ...other('echo', { outputs: { y: 's.y' } }), rules: { before: [{ name: 'f', 'cap-rows': 2 }] } }],
  ],
  [
    'a cut of rows that are the columns of another input',
    {
      ...before({ name: 'few', 'cap-rows': 2 }),
      inputs: { ...base.inputs, z: { datatype: 'FP32', shape: [2, 'rows'] } },
    },
    [
      'rules.before.0.cap-rows: the first dimension of input "x" is also shape[1] of "z", which is not cut; give them two names',
    ],
  ],
  [
    'a reroute to other types',
    before({ name: 'r', reroute: 'q' }),
    ['rules.before.0.reroute: output "p" of q: want datatype FP32, got BYTES'],
    [other('text')],
  ],
  [
    'a reroute to other sizes',
    before({ name: 'r', reroute: 'q' }),
    ['rules.before.0.reroute: output "p" of q: shape[1]: want 3, got 5'],
    [other('wide')],
  ],
  [
    'a reroute to what may not answer',
    before({ name: 'r', reroute: 'q' }),
    ['rules.before.0.reroute: output "p" of q: it may be absent there, and not here'],
    [{ ...stage({ ...net, optional: true }), pipeline: 'q', outputs: { p: 's.p?' } }],
  ],
];
