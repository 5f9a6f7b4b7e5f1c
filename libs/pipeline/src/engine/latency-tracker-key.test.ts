import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { latencyTrackerKeys, type PipelineSpec, parsePipeline, pipelineFinder } from '../index.ts';
import { document, stage } from '../testing/fake-models.ts';

describe('the key of a latency tracker', () => {
  const specOf = (body: object): PipelineSpec => parsePipeline(body).spec as PipelineSpec;
  const inner = (model: string) => specOf({ ...document(stage({ model })), pipeline: 'inner' });
  const outer = (more: object = {}) => specOf({ ...document(stage({ pipeline: 'inner' })), ...more });
  const keyOf = (spec: PipelineSpec, nested: PipelineSpec, newest = '1') =>
    latencyTrackerKeys(pipelineFinder([spec, nested]), () => newest)(spec);
  const before = keyOf(outer(), inner('a'));

  it('stays through a reload that changes nothing of what the pipeline asks', () => {
    assert.equal(keyOf(outer({ outputs: { z: 's.y' } }), inner('a')), before);
  });

  it("changes with the pipeline's version, with what it asks however deep inside, and with the versions of that", () => {
    const others = [
      keyOf(outer({ version: 2 }), inner('a')),
      keyOf(outer(), inner('b')),
      keyOf(outer(), inner('a'), '1, 2'),
    ];
    assert.equal(new Set([before, ...others]).size, 4);
  });
});
