/** The metrics of a mesh, read by stock parsers: those of prometheus_client, and promtool. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { freePort } from '@sheaf/supervisor';
import { Caller } from '../support/caller.ts';
import { startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { scrape } from '../support/scrape.ts';
import { here, installed, python, run, skip } from './stock-tools.ts';

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
const isRequired = process.env['SHEAF_INTEROP'] === 'required';

/** What promtool finds wrong with names that are Triton's, and with those of programs of Node. */
const known = /^(nv_inference_|nodejs_|process_)\S+ /;

describe('the metrics of a mesh, read by', () => {
  let mesh: TestMesh;
  let port = 0;
  before(async () => {
    port = await freePort();
    mesh = await startTestMesh({
      'models/double': sampleModels.scale(2),
      'mesh.yaml': `gateway: { metrics: { port: ${port} } }\n`,
    });
    using caller = new Caller(mesh.running.gateway.port);
    assert.equal((await caller.infer('double')).code, 'OK');
    await caller.infer('no "such"\\model');
  });
  after(() => mesh?.[Symbol.asyncDispose]());

  it('prometheus_client, in both formats', { skip }, async () => {
    assert.ok(installed, 'test/interop/install.sh has to run first');
    const { output } = await run(python, [join(here, 'python/scrape.py'), `http://127.0.0.1:${port}/metrics`]);
    assert.equal(output.trim(), 'ok the text of Prometheus\nok OpenMetrics, with exemplars');
  });

  it('promtool, which has nothing to say of our names', {
    skip: !hasPromtool && !isRequired && 'promtool is not installed',
  }, async () => {
    const { text } = await scrape(port);
    const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    const found = `${stdout}${stderr}`.split('\n').filter((line) => line !== '' && !known.test(line));
    assert.deepEqual(found, []);
  });
});
