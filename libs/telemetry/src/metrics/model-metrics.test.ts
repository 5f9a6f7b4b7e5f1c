import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Journal } from '@sheaf/inference';
import { createModelMetrics } from './model-metrics.ts';
import { createRegistry } from './registry.ts';
import type { MetricName } from './table.ts';

const standing = () => ({ waiting: 3, waitingMax: 6, running: 1, runsMax: 1, workers: 2, fixedMs: 2, rowMs: 0.5 });

function serving() {
  const registry = createRegistry();
  const versions = ['2', '1'].map((version) => ({ name: 'm', version, standing }));
  const metrics = createModelMetrics(registry, versions);
  const value = (name: MetricName, labels: string): number | undefined => {
    const found = [...registry.seriesOf(name)].find((series) => series.labels === labels);
    return found && 'value' in found ? found.value : undefined;
  };
  /** A call of the service: how far it came, and what it ended with. */
  const call = (version: string, code: string, cameTo: 'nothing' | 'queue' | 'run', reason = ''): void => {
    const journal = new Journal();
    const root = journal.start('request', 's ModelInfer', undefined);
    if (cameTo !== 'nothing') journal.end(journal.start('queue', 'm/2', root), cameTo === 'queue' ? code : 'OK');
    if (cameTo === 'run') {
      const times = { 'sheaf.run.ms': 4, 'sheaf.run.input_ms': 1, 'sheaf.run.output_ms': 2 };
      journal.end(journal.start('run', 'm/2', root), code, undefined, times);
    }
    journal.end(root, code, undefined, { 'sheaf.model': 'm', 'sheaf.version': version, 'sheaf.refused': reason });
    metrics.onJournal(journal);
  };
  return { metrics, value, call };
}

describe('the metrics of models', () => {
  it('count answered requests with the parts of their time, under the newest version where none was named', () => {
    const { metrics, value, call } = serving();
    call('', 'OK', 'run');
    call('2', 'OK', 'run');
    call('1', 'OK', 'run');
    const labels = 'model="m",version="2"';
    assert.equal(value('nv_inference_request_success', labels), 2);
    assert.equal(value('nv_inference_compute_infer_duration_us', labels), 8_000);
    assert.equal(value('nv_inference_compute_input_duration_us', labels), 2_000);
    assert.equal(value('nv_inference_compute_output_duration_us', labels), 4_000);
    const [newest, older] = metrics.statistics();
    assert.deepEqual([newest?.version, newest?.inferenceStats?.computeInfer], ['2', { count: 2, ns: 8e6 }]);
    assert.equal(older?.inferenceStats?.success?.count, 1);
  });

  it('say why a request was not answered', () => {
    const { value, call } = serving();
    call('', 'INVALID_ARGUMENT', 'nothing');
    call('', 'UNAVAILABLE', 'queue', 'OVERLOADED');
    call('', 'INTERNAL', 'run');
    call('', 'CANCELLED', 'queue');
    const failures = ['OTHER', 'REJECTED', 'BACKEND', 'CANCELED'].map((reason) =>
      value('nv_inference_request_failure', `model="m",version="2",reason="${reason}"`),
    );
    assert.deepEqual(failures, [1, 1, 1, 1]);
    assert.equal(value('sheaf_shed_requests_total', 'model="m",version="2",reason="OVERLOADED"'), 1);
  });

  it('count runs, and their rows where they gave an answer', () => {
    const { metrics, value } = serving();
    const times = { inputMs: 1, inferMs: 4, outputMs: 2 };
    metrics.onRun('m', '2', { rows: 5, requests: 2, ...times, isFailed: false });
    metrics.onRun('m', '2', { rows: 5, requests: 2, ...times, isFailed: true });
    const labels = 'model="m",version="2"';
    assert.deepEqual([value('nv_inference_exec_count', labels), value('nv_inference_count', labels)], [2, 5]);
    const [told] = metrics.statistics();
    assert.deepEqual(
      told?.batchStats?.map(({ batchSize, computeInfer }) => [batchSize, computeInfer]),
      [[5, { count: 1, ns: 4e6 }]],
    );
  });

  it('read how versions stand at the scrape', () => {
    const { value } = serving();
    const labels = 'model="m",version="1"';
    assert.deepEqual(
      [value('nv_inference_pending_request_count', labels), value('sheaf_queue_use_ratio', labels)],
      [3, 0.5],
    );
    assert.equal(value('sheaf_run_cost_row_seconds', labels), 0.0005);
  });
});
