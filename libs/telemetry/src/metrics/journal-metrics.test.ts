import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Journal, type Span } from '@sheaf/inference';
import { createJournalMetrics } from './journal-metrics.ts';
import { createRegistry } from './registry.ts';
import type { MetricName } from './table.ts';

/** A call of a gateway: `work` writes what was done for it under its span. */
function counted(work: (journal: Journal, root: Span) => void, code = 'OK') {
  const registry = createRegistry();
  const { onJournal, statisticsOf } = createJournalMetrics(registry);
  const journal = new Journal();
  const root = journal.start('request', 'gateway ModelInfer', undefined);
  work(journal, root);
  journal.end(root, code);
  onJournal(journal);
  const told = (name: MetricName) =>
    Object.fromEntries(
      [...registry.seriesOf(name)].map((series) => [
        series.labels,
        'value' in series ? series.value : series.counts.reduce((sum, count) => sum + count),
      ]),
    );
  return { told, statisticsOf };
}

describe('what a gateway did for a call', () => {
  it('counts pipelines and stages by where they stand, also in pipelines inside', () => {
    const { told, statisticsOf } = counted((journal, root) => {
      journal.mark(root, { 'sheaf.pipeline': 'outer/1' });
      const stage = journal.start('stage', 'read', root);
      const inner = journal.start('pipeline', 'inner', stage, { 'sheaf.pipeline': 'inner/2' });
      const own = journal.start('stage', 'crop', inner);
      for (const span of [own, inner, stage]) journal.end(span);
    });
    assert.deepEqual(told('sheaf_pipeline_runs_total'), {
      'pipeline="inner",version="2",code="OK"': 1,
      'pipeline="outer",version="1",code="OK"': 1,
    });
    assert.deepEqual(told('sheaf_stage_runs_total'), {
      'pipeline="inner",stage="crop",code="OK"': 1,
      'pipeline="outer",stage="read",code="OK"': 1,
    });
    assert.deepEqual(told('sheaf_degraded_answers_total'), {});
    assert.equal(statisticsOf('outer', '1')?.inferenceStats?.success?.count, 1);
  });

  it('counts a pipeline as a model, under the names of Triton, with why it was not answered', () => {
    const asked = (code: string) =>
      counted((journal, root) => journal.mark(root, { 'sheaf.pipeline': 'whole/1' }), code).told;
    const of = 'model="whole",version="1"';
    const answered = asked('OK');
    for (const name of ['nv_inference_request_success', 'nv_inference_count', 'nv_inference_exec_count'] as const)
      assert.deepEqual(answered(name), { [of]: 1 }, name);
    assert.ok((answered('nv_inference_compute_infer_duration_us')[of] ?? 0) > 0);
    assert.deepEqual(answered('nv_inference_queue_duration_us'), { [of]: 0 });
    const reasons = Object.entries({
      UNAVAILABLE: 'BACKEND',
      CANCELLED: 'CANCELED',
      RESOURCE_EXHAUSTED: 'REJECTED',
      INVALID_ARGUMENT: 'OTHER',
    });
    for (const [code, reason] of reasons) {
      const told = asked(code);
      const failures = Object.entries(told('nv_inference_request_failure')).filter(([, count]) => count > 0);
      assert.deepEqual(failures, [[`${of},reason="${reason}"`, 1]], code);
      assert.deepEqual(told('nv_inference_request_success'), { [of]: 0 }, code);
    }
  });

  it('tells answers that were given without a member, and by a fallback, as degraded', () => {
    const { told } = counted((journal, root) => {
      journal.mark(root, { 'sheaf.pipeline': 'vote/1' });
      const stage = journal.start('stage', 'both', root);
      journal.end(journal.start('member', 'near', stage));
      journal.end(journal.start('member', 'far', stage), 'UNAVAILABLE');
      // The quorum was there, and nobody waited for it any more.
      journal.end(journal.start('member', 'late', stage), 'CANCELLED');
      journal.end(stage);
      const safe = journal.start('stage', 'safe', root);
      journal.mark(safe, { 'sheaf.fallback': 1 });
      journal.end(safe);
    });
    assert.deepEqual(told('sheaf_members_left_out_total'), { 'pipeline="vote",stage="both",member="far"': 1 });
    assert.deepEqual(told('sheaf_stage_fallbacks_total'), { 'pipeline="vote",stage="safe"': 1 });
    assert.deepEqual(told('sheaf_degraded_answers_total'), { 'pipeline="vote"': 1 });
  });

  it('counts rules by what came of them, and not by what they say of why they failed', () => {
    const { told } = counted((journal, root) => {
      journal.mark(root, { 'sheaf.pipeline': 'vote/1' });
      const attributes = { 'sheaf.rule.size': 'reject: acted', 'sheaf.rule.odd': 'label: no such key: y' };
      journal.end(journal.start('rules', 'before', root, attributes));
    }, 'FAILED_PRECONDITION');
    assert.deepEqual(told('sheaf_rule_outcomes_total'), {
      'pipeline="vote",rule="size",action="reject",result="acted"': 1,
      'pipeline="vote",rule="odd",action="label",result="failed"': 1,
    });
  });

  it('counts each try at its endpoint, retries, and tries that were refused before', () => {
    const { told } = counted((journal, root) => {
      const first = journal.start('try', 'iris', root, { 'sheaf.endpoint': '127.0.0.1:7001', 'sheaf.attempt': 1 });
      journal.end(first, 'UNAVAILABLE');
      journal.end(journal.start('try', 'iris', root, { 'sheaf.endpoint': '[::1]:7002', 'sheaf.attempt': 2 }));
      journal.end(journal.start('try', 'iris', root, { 'sheaf.breaker': 'open' }), 'UNAVAILABLE');
      journal.mark(root, { 'sheaf.throttled': 'iris' });
    });
    const rpc = 'rpc_system_name="grpc",rpc_method="inference.GRPCInferenceService/ModelInfer"';
    assert.deepEqual(told('rpc_client_call_duration_seconds'), {
      [`${rpc},rpc_response_status_code="UNAVAILABLE",upstream="iris",server_address="127.0.0.1",server_port="7001"`]: 1,
      [`${rpc},rpc_response_status_code="OK",upstream="iris",server_address="::1",server_port="7002"`]: 1,
    });
    assert.deepEqual(told('sheaf_upstream_retries_total'), { 'upstream="iris"': 1 });
    assert.deepEqual(told('sheaf_upstream_refusals_total'), {
      'upstream="iris",policy="breaker"': 1,
      'upstream="iris",policy="throttle"': 1,
    });
  });
});
