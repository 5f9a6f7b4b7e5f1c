/** What pipelines do at the gateway. */
import type { Metric } from '../metric.ts';

export const pipelineMetrics = {
  sheaf_pipeline_runs_total: {
    kind: 'counter',
    unit: 'count',
    help: 'Runs of a pipeline, also those that other pipelines asked for',
    labels: ['pipeline', 'version', 'code'],
    place: 'gateway',
    source: 'journals',
  },
  sheaf_pipeline_duration_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    help: 'How long runs of a pipeline took',
    labels: ['pipeline', 'version'],
    place: 'gateway',
    source: 'journals',
  },
  sheaf_stage_runs_total: {
    kind: 'counter',
    unit: 'count',
    help: 'Runs of a stage',
    labels: ['pipeline', 'stage', 'code'],
    place: 'gateway',
    source: 'journals',
  },
  sheaf_stage_duration_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    help: 'How long runs of a stage took',
    labels: ['pipeline', 'stage'],
    place: 'gateway',
    source: 'journals',
  },
  sheaf_stage_fallbacks_total: {
    kind: 'counter',
    unit: 'count',
    help: 'Runs of a stage that another step than its first has answered',
    labels: ['pipeline', 'stage'],
    place: 'gateway',
    source: 'journals',
  },
  sheaf_degraded_answers_total: {
    kind: 'counter',
    unit: 'count',
    help: 'Runs of a pipeline that were answered although a stage or a member failed, or by a fallback',
    labels: ['pipeline'],
    place: 'gateway',
    source: 'journals',
  },
  sheaf_members_left_out_total: {
    kind: 'counter',
    unit: 'count',
    help: 'Answers of an ensemble that were given without a member which failed',
    labels: ['pipeline', 'stage', 'member'],
    place: 'gateway',
    source: 'journals',
  },
  sheaf_rule_outcomes_total: {
    kind: 'counter',
    unit: 'count',
    help: 'Rules that acted, or would have acted',
    labels: ['pipeline', 'rule', 'action', 'result'],
    place: 'gateway',
    source: 'journals',
  },
} as const satisfies Record<string, Metric>;
