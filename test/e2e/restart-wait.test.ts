/** A pipeline whose only replica of a service is lost while a call is in it. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type Explanation, explainParameter, explanationParameter, tensorOf } from '@sheaf/inference';
import { ask, type Files, startTestMesh } from '../support/mesh-folder.ts';
import { waitFor } from '../support/wait-for.ts';

/** A file that it makes says that it has begun. */
const stage = (terms: string): string => `import { writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { defineTransform } from '@sheaf/inference';
const scalar = { datatype: 'FP32', shape: [] } as const;
export default defineTransform({ inputs: { x: scalar }, outputs: { y: scalar }${terms} }, async ({ x }) => {
  await writeFile(new URL('begun', import.meta.url), '');
  await setTimeout(1_000);
  return { y: { shape: [], data: x.data.slice() } };
});
`;
const pipeline = (stages: string): string => `pipeline: one
inputs: { x: { datatype: FP32, shape: [] } }
stages: { work: ${stages} }
outputs: { y: work.y }
`;
const x = tensorOf('x', 'FP32', [], Float32Array.of(7));
const kindsOf = ({ kind, children }: Explanation): string[] => [kind, ...children.flatMap(kindsOf)];

/** Asks, ends the process of `work` while it is at it, and answers with the answer. */
async function lose(files: Files) {
  // It writes a file.
  const spare = 'spare.ts' in files ? ', spare: { trusted: true }' : '';
  const trusted = `services: { work: { trusted: true }${spare} }\n`;
  await using mesh = await startTestMesh({ ...files, 'mesh.yaml': trusted });
  const call = ask(mesh.gateway, 'one', [x], { timeoutMs: 60_000, parameters: { [explainParameter]: true } });
  call.catch(() => {});
  const begun = join(mesh.mesh.folder, 'begun');
  await waitFor(() => existsSync(begun));
  process.kill(mesh.running.services.find(({ name }) => name === 'work')?.pid ?? 0, 'SIGKILL');
  const answer = await call;
  await rm(begun, { force: true });
  return { answer, kinds: kindsOf(JSON.parse(String(answer.parameters.get(explanationParameter)))) };
}

describe('a pipeline whose only replica of a service is lost under a call', () => {
  it('answers when the process is started again, and says that it waited', async () => {
    const { answer, kinds } = await lose({
      'work.ts': stage(', pure: true'),
      'pipelines/one.yaml': pipeline('{ transform: ./work.ts, inputs: { x: x } }'),
    });
    assert.deepEqual(Array.from(answer.outputs[0]?.data ?? []), Array.from(x.data));
    assert.ok(kinds.includes('wait'), kinds.join());
  });

  it('fails at once where asking twice may do more than asking once', async () => {
    const files = {
      'work.ts': stage(''),
      'pipelines/one.yaml': pipeline('{ transform: ./work.ts, inputs: { x: x } }'),
    };
    await assert.rejects(lose(files), { code: 'UNAVAILABLE' });
  });

  it('is answered by what stands in for it without waiting', async () => {
    const { kinds } = await lose({
      'work.ts': stage(', pure: true'),
      'spare.ts': stage('').replace('setTimeout(1_000)', 'setTimeout(1)'),
      'pipelines/one.yaml': pipeline(
        '{ inputs: { x: x }, fallback: [{ transform: ./work.ts }, { transform: ./spare.ts }] }',
      ),
    });
    assert.ok(!kinds.includes('wait'), kinds.join());
  });
});
