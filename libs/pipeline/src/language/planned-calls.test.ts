import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePipeline } from './parse-pipeline.ts';
import { plannedCalls } from './planned-calls.ts';
import type { PipelineSpec } from './spec.ts';
import { pipelineFinder } from './walk.ts';

const specOf = (stages: object, pipeline = 'p'): PipelineSpec => {
  const { spec, problems } = parsePipeline({
    pipeline,
    inputs: { x: { datatype: 'FP32', shape: ['rows', 2] } },
    stages,
    outputs: { y: `${Object.keys(stages).at(-1)}.y` },
  });
  assert.ok(spec, problems.map(({ message }) => message).join('\n'));
  return spec;
};
const inputs = { x: 'x' };
const calls = (stages: object, ...others: PipelineSpec[]): string[] =>
  plannedCalls(specOf(stages), pipelineFinder(others)).map((target) =>
    target.kind === 'transform' ? target.path : target.name,
  );

describe('the calls that a pipeline plans', () => {
  it('are one for each stage, transforms too', () => {
    assert.deepEqual(calls({ a: { model: 'm', inputs }, b: { transform: './t.ts', inputs } }), ['m', './t.ts']);
  });

  it('are one for each member, and one for the meta-model', () => {
    const ensemble = { a: { model: 'a' }, b: { model: 'b' }, c: { model: 'c' } };
    assert.deepEqual(calls({ s: { ensemble, combine: { mean: 'y' }, inputs } }), ['a', 'b', 'c']);
    const combine = { stack: 'y', model: 'meta' };
    assert.deepEqual(calls({ s: { ensemble, combine, inputs } }).sort(), ['a', 'b', 'c', 'meta']);
  });

  it('are those of the branch that asks most, of the first step of a fallback, of one part of an each', () => {
    const pair = { ensemble: { a: { model: 'a' }, b: { model: 'b' } }, combine: { mean: 'y' } };
    assert.deepEqual(calls({ s: { switch: [{ when: 'inputs.x.size > 2', model: 'one' }, pair], inputs } }), ['a', 'b']);
    assert.deepEqual(calls({ s: { fallback: [{ model: 'first' }, pair], inputs } }), ['first']);
    assert.deepEqual(calls({ s: { each: pair, over: 'x', inputs } }), ['a', 'b']);
  });

  it('are those of the pipelines inside', () => {
    const inner = specOf({ a: { model: 'm', inputs }, b: { model: 'n', inputs: { x: 'a.y' } } }, 'q');
    assert.deepEqual(calls({ s: { pipeline: 'q', inputs } }, inner), ['m', 'n']);
  });
});
