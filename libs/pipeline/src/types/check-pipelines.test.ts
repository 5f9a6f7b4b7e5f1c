import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkPipelines, parsePipeline } from '../index.ts';
import { nested, signatures, stage } from '../testing/mistake-documents.ts';

/** p0 asks p1, p1 asks p2, ...; the last one asks `end`. */
const chain = (length: number, end: object) =>
  Array.from({ length }, (_, n) =>
    n === length - 1 ? { ...end, pipeline: `p${n}` } : nested(`p${n}`, `p${n + 1}`),
  ).flatMap((document) => parsePipeline(document).spec ?? []);
const leaf = stage({ model: 'net' });
const check = (specs: ReturnType<typeof chain>) =>
  checkPipelines(specs, (target) => (target.kind === 'model' ? signatures[target.name] : undefined));

describe('pipelines in pipelines', () => {
  it('may stand eight deep and not nine, in whichever order they are read', () => {
    for (const order of ['as written', 'leaf first'] as const) {
      const arranged = (length: number) =>
        order === 'as written' ? chain(length, leaf) : chain(length, leaf).reverse();
      assert.ok(check(arranged(8)).every(({ checked }) => checked));
      const told = check(arranged(20)).flatMap(({ spec, problems }) =>
        problems.map(({ path, message }) => `${spec.pipeline}: ${path}: ${message}`),
      );
      assert.deepEqual(told, ['p11: pipeline: pipelines stand in pipelines at most 8 deep, this one is the 9th']);
      assert.deepEqual(check(arranged(20)).filter(({ checked }) => checked).length, 8);
    }
  });

  it('are told to be too deep, or a ring, however many there are', () => {
    const startedAt = performance.now();
    const deep = check(chain(10_000, leaf)).flatMap(({ problems }) => problems);
    assert.equal(deep.length, 1);
    const [ring, ...others] = check(chain(10_000, nested('end', 'p0'))).flatMap(({ problems }) => problems);
    assert.match(ring?.message ?? '', /^the pipelines form a cycle: p0 -> p1 -> .* -> \.\.\. \(10000 in all\)$/);
    assert.deepEqual(others, []);
    // A second here, forty when each looked again at all below it.
    assert.ok(performance.now() - startedAt < 10_000);
  });
});
