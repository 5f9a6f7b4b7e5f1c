/** A service of many models, started while the machine has other work. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { describe, it } from 'node:test';
import { elements, type Tensor, tensorOf } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import { ask, type Files, startTestMesh } from '../support/mesh-folder.ts';

const count = 120;
const names = Array.from({ length: count }, (_, index) => `m${index}`);

describe('a service of 120 models on a machine that is busy', () => {
  it('starts, tells how far it has come, and serves each of them', { timeout: 600_000 }, async () => {
    const files: Files = {
      ...Object.fromEntries(names.map((name, index) => [`models/${name}`, sampleModels.scale(index)])),
      'mesh.yaml': `services: { all: { models: [${names.join(', ')}] } }\n`,
    };
    const spinning = Array.from({ length: availableParallelism() }, () =>
      spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
    );
    try {
      await using mesh = await startTestMesh(files);
      const told = mesh.events.filter((line) => line.endsWith('models and transforms loaded'));
      assert.deepEqual(
        told,
        Array.from({ length: 10 }, (_, index) => `all: ${12 * (index + 1)} of 120 models and transforms loaded`),
      );
      const x = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 1));
      for (const [index, name] of names.entries()) {
        const { byName } = await ask(mesh.gateway, name, [x], { timeoutMs: 30_000 });
        assert.equal(elements({ ...(byName.get('y') as Tensor), datatype: 'FP32' as const })[0], index);
      }
    } finally {
      for (const child of spinning) child.kill('SIGKILL');
    }
  });
});
