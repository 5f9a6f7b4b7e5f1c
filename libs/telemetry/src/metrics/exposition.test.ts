import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { samplesOf, wholeText } from './exposition.ts';
import { createRegistry, observe } from './registry.ts';

async function textOf(fill: (registry: ReturnType<typeof createRegistry>) => void, openmetrics: boolean) {
  const registry = createRegistry();
  fill(registry);
  const samples = await samplesOf(registry, { labels: 'service="s",replica="1"', openmetrics });
  return Buffer.concat([...wholeText([samples], openmetrics)]).toString();
}

describe('the text of metrics', () => {
  it('says what each metric is, and its samples, in the format of Prometheus', async () => {
    const text = await textOf((registry) => {
      registry.counter('nv_inference_exec_count').of('m', '1').value = 3;
      registry.read('sheaf_epoch', () => [[[], 7]]);
    }, false);
    assert.equal(
      text,
      `# HELP nv_inference_exec_count Runs of the model, of one request or several together
# TYPE nv_inference_exec_count counter
nv_inference_exec_count{service="s",replica="1",model="m",version="1"} 3
# HELP sheaf_epoch Number of the revision of the folder that is served
# TYPE sheaf_epoch gauge
sheaf_epoch{service="s",replica="1"} 7
`,
    );
  });

  it("is of OpenMetrics with families, units, exemplars and an end; Triton's counters keep their names", async () => {
    const text = await textOf((registry) => {
      observe(registry.histogram('sheaf_run_duration_seconds').of('m', '1'), 0.0002, 'f'.repeat(32));
      registry.counter('nv_inference_exec_count').of('m', '1').value = 3;
      registry.counter('sheaf_upstream_retries_total').of('u').value = 1;
    }, true);
    for (const line of [
      '# TYPE sheaf_upstream_retries counter',
      'sheaf_upstream_retries_total{service="s",replica="1",upstream="u"} 1',
      '# TYPE nv_inference_exec_count unknown',
      '# UNIT sheaf_run_duration_seconds seconds',
      'sheaf_run_duration_seconds_bucket{service="s",replica="1",model="m",version="1",le="0.0001"} 0',
      'sheaf_run_duration_seconds_bucket{service="s",replica="1",model="m",version="1",le="60.0"} 1',
      'sheaf_run_duration_seconds_count{service="s",replica="1",model="m",version="1"} 1',
    ])
      assert.ok(text.includes(`${line}\n`), `want the line ${line} in ${text}`);
    assert.match(text, new RegExp(`le="0.00025"} 1 # {trace_id="${'f'.repeat(32)}"} 0.0002 \\d+\\.?\\d*\n`));
    assert.ok(text.endsWith('# EOF\n'));
  });

  it('has each metric once, with the samples of all processes', async () => {
    const processes = await Promise.all(
      ['1', '2'].map((replica) => {
        const registry = createRegistry();
        registry.counter('sheaf_upstream_retries_total').of('u').value = Number(replica);
        return samplesOf(registry, { labels: `replica="${replica}"`, openmetrics: false });
      }),
    );
    const text = Buffer.concat([...wholeText(processes, false)]).toString();
    assert.equal(text.match(/# TYPE/g)?.length, 1);
    assert.ok(
      text.includes('{replica="1",upstream="u"} 1\nsheaf_upstream_retries_total{replica="2",upstream="u"} 2\n'),
    );
  });

  it('lets others go first while it is long', async () => {
    const registry = createRegistry();
    const family = registry.histogram('sheaf_request_duration_seconds');
    for (let model = 0; model < 4_000; model++) observe(family.of(`model-${model}`, '1', 'answered'), 0.01);
    let turns = 0;
    let isOver = false;
    const turn = (): void => {
      turns++;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    await samplesOf(registry, { labels: '', openmetrics: false });
    isOver = true;
    assert.ok(turns > 2, `want several turns of the event loop, got ${turns}`);
  });
});
