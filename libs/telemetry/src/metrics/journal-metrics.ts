/** Counts what a gateway did for its calls, from their journals: pipelines, stages, rules, and tries of services. */
import type { EndedSpan, Journal } from '@sheaf/inference';
import type { ModelStatistics } from '@sheaf/transport';
import { kept, oneOf } from './label-values.ts';
import { callCodes } from './outcome.ts';
import { createPipelineStatistics, type PipelineStatistics } from './pipeline-statistics.ts';
import { observe, type Registry } from './registry.ts';

const method = 'inference.GRPCInferenceService/ModelInfer';
const knownCode = oneOf(callCodes);

export interface JournalMetrics {
  /** Takes the journal of each call that has ended. Names in it are of the folder, but for the model that was asked. */
  readonly onJournal: (journal: Journal) => void;
  /** Of a version of a pipeline; undefined where it was not asked so far. */
  readonly statisticsOf: (pipeline: string, version: string) => ModelStatistics | undefined;
}

export function createJournalMetrics(registry: Registry): JournalMetrics {
  const statistics = createPipelineStatistics(registry);
  const tries = createTryMetrics(registry);
  const runs = createRunMetrics(registry, statistics);
  const dropped = registry.counter('sheaf_journal_entries_dropped_total').of();
  const onJournal = (journal: Journal): void => {
    let hasRuns = false;
    for (const span of journal.spans) {
      if (span.kind === 'try' || span.kind === 'wait') tries(span);
      else if (span.attributes['sheaf.pipeline'] !== undefined) hasRuns = true;
      if (span.attributes['sheaf.throttled'] !== undefined) tries(span);
    }
    if (hasRuns) runs(journal.spans);
    if (journal.dropped > 0) dropped.value += journal.dropped;
  };
  return { onJournal, statisticsOf: statistics.of };
}

/** What kept a try from an endpoint. */
function refusedBy({ attributes }: EndedSpan): string {
  if (attributes['sheaf.breaker'] !== undefined) return 'breaker';
  if (attributes['sheaf.quarantined'] !== undefined) return 'quarantine';
  return attributes['sheaf.caller_slowed'] !== undefined ? 'offender' : '';
}

/** Host and port of `host:port`; an IPv6 address loses its brackets. */
function placeOf(target: string): [host: string, port: string] {
  const at = target.lastIndexOf(':');
  const host = at < 0 ? target : target.slice(0, at);
  return [host.replace(/^\[|\]$/g, ''), at < 0 ? '' : target.slice(at + 1)];
}

function createTryMetrics(registry: Registry): (span: EndedSpan) => void {
  const durations = registry.histogram('rpc_client_call_duration_seconds');
  const durationsOf = kept((asked) => {
    const [upstream = '', target = ''] = asked.split('\n');
    const place = placeOf(target);
    return kept((code) => durations.of('grpc', method, code, upstream, ...place));
  });
  const retries = registry.counter('sheaf_upstream_retries_total');
  const unpaid = registry.counter('sheaf_upstream_retries_unpaid_total');
  const refusals = registry.counter('sheaf_upstream_refusals_total');
  const waits = registry.counter('sheaf_upstream_waits_total');
  return (span) => {
    const { kind, name, attributes, startMs, endMs, sampled, traceId } = span;
    const throttled = attributes['sheaf.throttled'];
    if (throttled !== undefined) refusals.of(String(throttled), 'throttle').value++;
    if (kind === 'wait') waits.of(name).value++;
    if (kind !== 'try') return;
    if (attributes['sheaf.retry'] !== undefined) unpaid.of(name).value++;
    const target = attributes['sheaf.endpoint'];
    if (target === undefined) {
      refusals.of(name, refusedBy(span)).value++;
      return;
    }
    const duration = durationsOf(`${name}\n${target}`)(knownCode(span.code));
    observe(duration, (endMs - startMs) / 1000, sampled ? traceId : undefined);
    if (Number(attributes['sheaf.attempt']) > 1) retries.of(name).value++;
  };
}

/** The nearest span above, itself included, that is a run of a pipeline. */
function runOf(span: EndedSpan, byId: ReadonlyMap<string, EndedSpan>): EndedSpan | undefined {
  let at: EndedSpan | undefined = span;
  while (at && at.attributes['sheaf.pipeline'] === undefined) at = byId.get(at.parentId ?? '');
  return at;
}

const pipelineOf = (run: EndedSpan): [name: string, version: string] => {
  const [name = '', version = ''] = String(run.attributes['sheaf.pipeline']).split('/');
  return [name, version];
};

const isLost = ({ code }: EndedSpan): boolean => code !== 'OK' && code !== 'CANCELLED';

function createRunMetrics(registry: Registry, statistics: PipelineStatistics): (spans: readonly EndedSpan[]) => void {
  const runs = registry.counter('sheaf_pipeline_runs_total');
  const durations = registry.histogram('sheaf_pipeline_duration_seconds');
  const degradedAnswers = registry.counter('sheaf_degraded_answers_total');
  const leftOut = registry.counter('sheaf_members_left_out_total');
  const stages = createStageMetrics(registry);
  const rules = createRuleMetrics(registry);
  return (spans) => {
    const byId = new Map(spans.map((span) => [span.spanId, span]));
    const degraded = new Set<EndedSpan>();
    for (const span of spans) {
      if (span.kind !== 'stage' && span.kind !== 'member' && span.kind !== 'rules') continue;
      const run = runOf(span, byId);
      if (!run) continue;
      const [pipeline] = pipelineOf(run);
      if (span.kind === 'rules') rules(span, pipeline);
      if (span.kind === 'stage' && (stages(span, pipeline) || isLost(span))) degraded.add(run);
      const ensemble = span.kind === 'member' && isLost(span) ? byId.get(span.parentId ?? '') : undefined;
      if (ensemble?.code !== 'OK') continue;
      leftOut.of(pipeline, ensemble.name, span.name).value++;
      degraded.add(run);
    }
    for (const span of spans) {
      if (span.attributes['sheaf.pipeline'] === undefined) continue;
      const [pipeline, version] = pipelineOf(span);
      runs.of(pipeline, version, knownCode(span.code)).value++;
      const exemplar = span.sampled ? span.traceId : undefined;
      observe(durations.of(pipeline, version), (span.endMs - span.startMs) / 1000, exemplar);
      statistics.count(pipeline, version, span);
      if (span.code === 'OK' && degraded.has(span)) degradedAnswers.of(pipeline).value++;
    }
  };
}

/** Answers whether a fallback was taken. */
function createStageMetrics(registry: Registry): (span: EndedSpan, pipeline: string) => boolean {
  const runs = registry.counter('sheaf_stage_runs_total');
  const durations = registry.histogram('sheaf_stage_duration_seconds');
  const fallbacks = registry.counter('sheaf_stage_fallbacks_total');
  return (span, pipeline) => {
    runs.of(pipeline, span.name, knownCode(span.code)).value++;
    const exemplar = span.sampled ? span.traceId : undefined;
    observe(durations.of(pipeline, span.name), (span.endMs - span.startMs) / 1000, exemplar);
    const isFallback = span.attributes['sheaf.fallback'] !== undefined;
    if (isFallback) fallbacks.of(pipeline, span.name).value++;
    return isFallback;
  };
}

const rulePrefix = 'sheaf.rule.';
const results = ['passed', 'acted', 'would-act'];

/** What a rule did stands as `<action>: <result>`; where it failed, there is why in place of the result. */
function createRuleMetrics(registry: Registry): (span: EndedSpan, pipeline: string) => void {
  const outcomes = registry.counter('sheaf_rule_outcomes_total');
  return ({ attributes }, pipeline) => {
    for (const [key, value] of Object.entries(attributes)) {
      if (!key.startsWith(rulePrefix)) continue;
      const [action = '', result = ''] = String(value).split(': ', 2);
      outcomes.of(pipeline, key.slice(rulePrefix.length), action, results.includes(result) ? result : 'failed').value++;
    }
  };
}
