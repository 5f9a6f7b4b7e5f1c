import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Signature, TensorSpec } from '@sheaf/inference';
import { parsePipeline } from '../language/parse-pipeline.ts';
import {
  computing,
  document,
  fp32,
  plus,
  run,
  signatures,
  stage,
  step,
  unary,
  vector,
  yOf,
} from '../testing/fake-models.ts';
import { buildPipeline } from '../testing/test-pipeline.ts';
import { typeCheck } from './type-check.ts';

const giving = (more: Partial<TensorSpec>): Signature => ({
  inputs: unary.inputs,
  outputs: [{ ...vector('y'), ...more }],
});
const problemsOf = (body: object, models: Readonly<Record<string, Signature>>): readonly string[] => {
  const { spec, problems } = parsePipeline(document(body));
  const found = spec ? typeCheck(spec, (target) => ('name' in target ? models[target.name] : undefined)) : undefined;
  return [...problems, ...(found?.problems ?? [])].map(({ message }) => message);
};
const ensemble = (members: object, combine: object) => stage({ ensemble: members, combine });

describe('classes that model files name', () => {
  const named: Readonly<Record<string, Signature>> = {
    ...signatures,
    a: giving({ labels: ['no', 'yes'] }),
    b: giving({ labels: ['yes', 'no'] }),
  };
  const models = { a: plus(0), b: computing((value) => value * 10), c: plus(4) };

  it('are brought into one order without a word in the pipeline, and told of the answer', async () => {
    const body = ensemble({ a: step('a'), b: step('b') }, { mean: 'y' });
    assert.deepEqual(yOf(await run(body, models, {}, {}, { signatures: named })), [(1 + 20) / 2, (2 + 10) / 2]);
    const { spec } = parsePipeline(document(body));
    assert.ok(spec);
    const { checked } = typeCheck(spec, (target) => ('name' in target ? named[target.name] : undefined));
    assert.deepEqual(checked?.signature.outputs[0]?.labels, ['no', 'yes']);
  });

  it('have the order that the pipeline says; a member of which nobody says anything has it too', async () => {
    const body = ensemble({ a: step('a'), b: step('b'), c: step('c') }, { max: 'y', labels: ['yes', 'no'] });
    assert.deepEqual(yOf(await run(body, models, {}, {}, { signatures: named })), [10, 20]);
  });

  it('that are not those of another member are a mistake, unless the pipeline says which is which', () => {
    const other = { ...named, b: giving({ labels: ['maybe', 'no'] }) };
    const members = { a: step('a'), b: step('b') };
    assert.deepEqual(problemsOf(ensemble(members, { mean: 'y' }), other), [
      'the members\' models name different classes: those of "a" are no, yes, those of "b" are maybe, no; say which is which by `labels` here and in the members',
    ]);
    assert.deepEqual(problemsOf(ensemble(members, { mean: 'y', labels: ['no', 'yes'] }), other), []);
  });
});

describe('a tensor whose model tells no shape of it', () => {
  const open = {
    ...signatures,
    a: giving({ shape: [], unranked: true }),
    b: { ...unary, inputs: [{ ...vector('x'), shape: [], unranked: true }] },
  };

  it('fits where its datatype does', () => {
    const stages = {
      first: { model: 'a', inputs: { x: 'x' } },
      second: { model: 'c', inputs: { x: 'first.y' } },
      s: { model: 'b', inputs: { x: 'second.y' } },
    };
    assert.deepEqual(problemsOf(stages, open), []);
  });

  it('is split and joined by each, averaged, and not voted over', async () => {
    const stages = {
      first: { model: 'a', inputs: { x: 'x' } },
      s: { each: step('b'), over: 'x', size: 1, inputs: { x: 'first.y' } },
    };
    const models = { a: plus(1), b: plus(10) };
    const asked = buildPipeline(document(stages), { signatures: open, models });
    assert.deepEqual(yOf(await asked({ inputs: [fp32('x', 1, 2)] })), [12, 13]);
    assert.deepEqual(problemsOf(ensemble({ a: step('a'), c: step('c') }, { mean: 'y' }), open), []);
    assert.match(
      problemsOf(ensemble({ a: step('a'), c: step('a') }, { 'soft-vote': 'y' }), open)[0] ?? '',
      /tells no shape/,
    );
  });
});

describe('a name of a tensor', () => {
  for (const name of [
    'input:0',
    'scope/x',
    'sepal length (cm)',
    '0',
    'naïve ☃',
    '__proto__',
    'constructor',
    'a.b',
    '👩‍🔬',
    'is it?',
    '"]',
  ])
    it(`${name} can be wired`, async () => {
      const models = { a: { inputs: [vector(name)], outputs: [vector(name)] }, b: unary };
      const stages = {
        first: { model: 'a', inputs: Object.fromEntries([[name, 'x']]) },
        s: { model: 'b', inputs: { x: `first[${JSON.stringify(name)}]` } },
      };
      assert.deepEqual(problemsOf(stages, models), []);
      if (!name.endsWith('?'))
        assert.deepEqual(problemsOf({ ...stages, s: { model: 'b', inputs: { x: `first.${name}` } } }, models), []);
    });

  it('that is no name is refused', () => {
    for (const written of ['first["a', 'first[""]', 'first["\\u0000"]', 'first.\u0001'])
      assert.match(
        problemsOf({ s: { model: 'b', inputs: { x: written } } }, { b: unary })[0] ?? '',
        /^(?:want an input|there is no)/,
      );
  });
});
