/** A machine on which the native part of ONNX Runtime does not load, as in Alpine's images. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { writeFolder } from '../support/mesh-folder.ts';
import { runSheaf } from '../support/sheaf.ts';

/** Fails to load what musl fails to load, in its words. */
const hook = `require('node:module')._extensions['.node'] = () => {
  const message = 'Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by /app/node_modules/onnxruntime-node/x.so)';
  throw Object.assign(new Error(message), { code: 'ERR_DLOPEN_FAILED' });
};
`;

describe('a mesh on a machine where ONNX Runtime does not load', () => {
  it('ends with one sentence that says what to use instead', async () => {
    const folder = await writeFolder({ 'models/double': sampleModels.scale(2), 'hook.cjs': hook });
    const { NODE_OPTIONS } = process.env;
    process.env['NODE_OPTIONS'] = `--require=${join(folder, 'hook.cjs')}`;
    const ended = await runSheaf(['up', folder, '--port', '0']).finally(() => {
      if (NODE_OPTIONS === undefined) delete process.env['NODE_OPTIONS'];
      else process.env['NODE_OPTIONS'] = NODE_OPTIONS;
    });
    assert.equal(ended.code, 2);
    assert.match(
      ended.stderr,
      /^model double\/1 does not run: ONNX Runtime does not load on this machine \(.*\): .*\n$/,
    );
    await rm(folder, { recursive: true });
  });
});
