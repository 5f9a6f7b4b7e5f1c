import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Manifest } from '@sheaf/registry';
import { judgePipeline } from './judge-pipeline.ts';

const naming = (target: string) => `pipeline: p
inputs: { x: { datatype: FP32, shape: [rows, 2] } }
stages:
  first: { model: shown, inputs: { x: x } }
  second:
    fallback:
      - { ${target} }
      - { model: shown }
    inputs: { x: first.y }
outputs: { y: second.y }
`;

const judge = (text: string, path = 'pipeline.yaml') => {
  const manifest: Manifest = {
    schema: 1,
    kind: 'pipeline',
    files: [{ path, sizeBytes: text.length, sha256: hash('sha256', text) }],
    ...{ labels: {}, metrics: {}, pins: [] },
  };
  const blobs = { readWhole: async () => Buffer.from(text) };
  return judgePipeline(blobs, { manifest, sees: (name) => name.startsWith('shown') });
};

describe('a pipeline that is pushed', () => {
  it('is taken where its publisher may see all that it asks, and else not, wherever it names that', async () => {
    assert.deepEqual(await judge(naming('model: shown-too')), { state: 'ready', why: '' });
    for (const [target, told] of [
      ['model: hidden', /^there is no model "hidden" in the registry$/],
      ['pipeline: hidden', /^there is no pipeline "hidden" in the registry$/],
    ] as const)
      await assert.rejects(judge(naming(target)), { code: 'NOT_FOUND', message: told });
  });

  it('that nobody can read is in quarantine, with the place of its mistake', async () => {
    assert.match((await judge('pipeline: [')).why, /^pipeline\.yaml:1: /);
    assert.match((await judge('pipeline: p\n')).why, /^pipeline\.yaml:1: /);
    assert.equal((await judge(naming('model: shown'), 'other.yaml')).why, 'it has no file pipeline.yaml');
  });
});
