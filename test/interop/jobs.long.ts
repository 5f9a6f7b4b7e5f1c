/** Jobs of a running mesh, by stubs of Python and by the client of operations that Google's own libraries have. */
import assert from 'node:assert/strict';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { writeFolder } from '../support/mesh-folder.ts';
import { startSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';
import { cache, here, make, proto, python, run, skip } from './stock-tools.ts';

const stubs = join(cache, 'jobs-stubs');
const files = ['sheaf/jobs/v1/jobs.proto', 'inference/grpc_predict_v2.proto'];

describe('jobs', { skip }, () => {
  it('are operations to clients that nobody here wrote', async () => {
    await mkdir(stubs, { recursive: true });
    const out = [`--python_out=${stubs}`, `--grpc_python_out=${stubs}`];
    await make(python, ['-m', 'grpc_tools.protoc', `-I${proto}`, ...out, ...files]);
    const folder = await writeFolder({ 'models/double': sampleModels.scale(2) });
    const mesh = startSheaf(['up', folder, '--port', '0']);
    try {
      const line = /the mesh is up: gRPC on (\S+);/;
      await waitFor(() => line.test(mesh.output()), mesh.output);
      const address = line.exec(mesh.output())?.[1] ?? '';
      const { code, output } = await run(python, [join(here, 'python/jobs.py'), stubs, address]);
      assert.equal(code, 0, `${output}\n${mesh.output()}`);
      assert.equal(output.match(/^ok /gm)?.length, 3, output);
    } finally {
      mesh.kill('SIGINT');
      await mesh.ended;
      await rm(folder, { recursive: true });
    }
  });
});
