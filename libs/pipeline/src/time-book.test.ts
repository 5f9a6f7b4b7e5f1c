import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { document, stage } from './fake-models.ts';
import { type PipelineSpec, parsePipeline, pipelineFinder, TimeBook, timeBookKeys } from './index.ts';

describe('a book of times', () => {
  it('says nothing of a stage with fewer than 20 runs in the last 30 s', () => {
    const book = new TimeBook();
    for (let n = 0; n < 19; n++) book.record('s', 10, 0);
    assert.equal(book.usualMs('s', 0), undefined);
    book.record('s', 10, 1_000);
    assert.equal(book.usualMs('s', 1_000), 10);
    assert.equal(book.usualMs('s', 30_000), 10);
    assert.equal(book.usualMs('s', 31_001), undefined);
  });

  it('forgets a slow spell 30 s after it, to the millisecond', () => {
    const book = new TimeBook();
    for (let n = 0; n < 64; n++) book.record('s', 900, n);
    assert.equal(book.usualMs('s', 29_900), 900);
    // 20 of them are younger than 30 s until then.
    assert.equal(book.usualMs('s', 30_044), 900);
    assert.equal(book.usualMs('s', 30_045), undefined);
  });
});

describe('the key of a book', () => {
  const specOf = (body: object): PipelineSpec => parsePipeline(body).spec as PipelineSpec;
  const inner = (model: string) => specOf({ ...document(stage({ model })), pipeline: 'inner' });
  const outer = (more: object = {}) => specOf({ ...document(stage({ pipeline: 'inner' })), ...more });
  const keyOf = (spec: PipelineSpec, nested: PipelineSpec, newest = '1') =>
    timeBookKeys(pipelineFinder([spec, nested]), () => newest)(spec);
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
