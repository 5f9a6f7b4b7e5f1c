/** What cannot be finished is refused before it begins. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type InferError, type Tensor, tensorOf } from '@sheaf/inference';
import { ask, type Files, startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { someRound } from '../support/rounds.ts';

/** A stage that takes its time and no CPU, and keeps a list of its runs. */
const stage = (name: string, ms: number): string => `import { appendFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { defineTransform } from '@sheaf/inference';
const scalar = { datatype: 'FP32', shape: [] } as const;
export default defineTransform({ inputs: { x: scalar }, outputs: { y: scalar } }, async ({ x }) => {
  await appendFile(new URL('${name}.runs', import.meta.url), '.');
  await setTimeout(${ms});
  return { y: { shape: [], data: x.data.slice() } };
});
`;
const files: Files = {
  'dear.ts': stage('dear', 60),
  'quick.ts': stage('quick', 1),
  'slow.ts': stage('slow', 120),
  'pipelines/three.yaml': `pipeline: three
inputs: { x: { datatype: FP32, shape: [] } }
stages:
  dear: { transform: ./dear.ts, inputs: { x: x } }
  quick: { transform: ./quick.ts, inputs: { x: dear.y } }
  slow: { transform: ./slow.ts, inputs: { x: quick.y } }
outputs: { y: slow.y }
`,
};
/** They write files. */
const trusted = 'services: { dear: { trusted: true }, quick: { trusted: true }, slow: { trusted: true } }\n';
const x: readonly Tensor[] = [tensorOf('x', 'FP32', [], Float32Array.of(1))];

const runsOf = async ({ mesh }: TestMesh): Promise<number> =>
  (await readFile(join(mesh.folder, 'dear.runs'), 'utf8')).length;

/** Of so many at once, with time for a few: the answers, the runs of the dear first stage, and why the others were refused. */
async function burst(resilience: string) {
  await using mesh = await startTestMesh({ ...files, 'mesh.yaml': `${trusted}${resilience}` });
  let tookMs = Number.POSITIVE_INFINITY;
  for (let n = 0; n < 4; n++) {
    const start = performance.now();
    await ask(mesh.gateway, 'three', x, { timeoutMs: 30_000 });
    tookMs = Math.min(tookMs, performance.now() - start);
  }
  const before = await runsOf(mesh);
  const results = await Promise.allSettled(
    Array.from({ length: 12 }, () => ask(mesh.gateway, 'three', x, { timeoutMs: 3.5 * tookMs })),
  );
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as InferError] : []));
  return { answered: 12 - errors.length, dear: (await runsOf(mesh)) - before, errors };
}

describe('more calls at once than a pipeline has time for', () => {
  it('are refused before the first stage where the last one could not serve them, and not after it', (test) =>
    someRound(async () => {
      const late = await burst('resilience: { earlyRefusal: false }\n');
      const early = await burst('');
      const wasted = ({ answered, dear }: typeof late): number => dear - answered;
      const told = [late, early].map((one) => `${one.answered} of 12 answered by ${one.dear} runs of the first stage`);
      test.diagnostic(told.join('; with early refusal '));
      assert.ok(wasted(late) >= 3, told.join());
      assert.ok(wasted(early) <= wasted(late) / 2, told.join());
      assert.ok(early.answered >= Math.max(1, late.answered - 1), told.join());
      const refused = early.errors.filter(({ metadata }) => metadata['estimate_ms'] !== undefined);
      assert.ok(refused.length >= 3);
      for (const { code, reason, message } of refused) {
        assert.deepEqual([code, reason], ['UNAVAILABLE', 'OVERLOADED']);
        assert.match(
          message,
          /^pipeline "three": \d+ calls come before this one in stage slow, so it would take about/,
        );
      }
    }));
});
