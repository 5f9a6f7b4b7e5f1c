/** The dashboards, read by the definitions that Grafana publishes of its own (grafana-foundation-sdk), strictly. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { root, run, skip } from './stock-tools.ts';

const folder = join(root, 'deploy/observability/grafana/dashboards');

describe('the dashboards as Grafana defines them', { skip }, () => {
  it('have every field that there has to be, and none that there is not, of the right type', async () => {
    const files = (await readdir(folder)).map((name) => join(folder, name));
    assert.equal(files.length, 4);
    assert.deepEqual(await run('grafana-dashboards', files), { code: 0, output: '' });
  });

  it('are found to be wrong where they are', async () => {
    const wrong = await mkdtemp(join(tmpdir(), 'sheaf-dashboards-'));
    try {
      const text = await readFile(join(folder, 'sheaf-mesh.json'), 'utf8');
      const file = join(wrong, 'wrong.json');
      await writeFile(file, text.replace('"graphMode"', '"graphModus"').replace('"unit": "reqps"', '"unit": 3'));
      const { code, output } = await run('grafana-dashboards', [file]);
      assert.equal(code, 1);
      assert.match(output, /unexpected field 'graphModus'/);
      assert.match(output, /cannot unmarshal number into Go struct field FieldConfig\.defaults\.unit/);
    } finally {
      await rm(wrong, { recursive: true });
    }
  });
});
