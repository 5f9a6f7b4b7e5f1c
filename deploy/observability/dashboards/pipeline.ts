/** One pipeline: which stage is slow, which one fails, and what is done about it. */
import { dashboard } from './dashboard.ts';
import { heatmap, lines } from './panel.ts';
import { quantile, rate } from './promql.ts';

const chosen = 'pipeline="$pipeline"';

const runs = [
  lines({
    title: 'Runs by code',
    description: 'Also those that other pipelines asked for.',
    unit: 'reqps',
    isStacked: true,
    queries: [{ expr: `sum by (code) (${rate('sheaf_pipeline_runs_total', chosen)})`, legend: '{{code}}' }],
  }),
  lines({
    title: 'How long runs take',
    description: 'A point is a traced call; a click on it leads to its trace.',
    unit: 's',
    isLogarithmic: true,
    queries: [0.5, 0.9, 0.99].map((q) => ({
      expr: quantile(q, 'sheaf_pipeline_duration_seconds', chosen, 'version'),
      legend: `version {{version}} p${q * 100}`,
    })),
  }),
  heatmap({
    title: 'How the times of runs are spread',
    description: 'Two bands are two kinds of calls, such as those that a cache, a rule or a fallback answers.',
    unit: 's',
    queries: [{ expr: `sum by (le) (${rate('sheaf_pipeline_duration_seconds_bucket', chosen)})`, legend: '{{le}}' }],
  }),
  lines({
    title: 'Degraded answers',
    description: 'The part of the runs that were answered although a stage or a member failed, or by a fallback.',
    unit: 'percentunit',
    queries: [
      {
        expr: `sum(${rate('sheaf_degraded_answers_total', chosen)}) / sum(${rate('sheaf_pipeline_runs_total', chosen)})`,
        legend: 'degraded',
      },
    ],
  }),
];

const stages = [
  lines({
    title: 'How long stages take',
    description: 'Of 99 of 100 runs of each.',
    unit: 's',
    isLogarithmic: true,
    queries: [{ expr: quantile(0.99, 'sheaf_stage_duration_seconds', chosen, 'stage'), legend: '{{stage}}' }],
  }),
  lines({
    title: 'Where the time goes',
    description:
      'Seconds that all runs of a stage take, for each run of the pipeline. Stages that run side by side add up to more than the run takes.',
    unit: 's',
    isStacked: true,
    queries: [
      {
        expr: `sum by (stage) (${rate('sheaf_stage_duration_seconds_sum', chosen)}) / on () group_left sum(${rate('sheaf_pipeline_runs_total', chosen)})`,
        legend: '{{stage}}',
      },
    ],
  }),
  lines({
    title: 'Stages that fail',
    description: 'By code. What callers do wrong counts too.',
    unit: 'reqps',
    queries: [
      {
        expr: `sum by (stage, code) (${rate('sheaf_stage_runs_total', `${chosen}, code!="OK"`)})`,
        legend: '{{stage}} {{code}}',
      },
    ],
  }),
  lines({
    title: 'Fallbacks, and members left out',
    description:
      'Stages that another step than their first has answered, and ensembles that answered without a member.',
    unit: 'ops',
    queries: [
      { expr: `sum by (stage) (${rate('sheaf_stage_fallbacks_total', chosen)})`, legend: '{{stage}} by a fallback' },
      {
        expr: `sum by (stage, member) (${rate('sheaf_members_left_out_total', chosen)})`,
        legend: '{{stage}} without {{member}}',
      },
    ],
  }),
  lines({
    title: 'Rules',
    description: 'Rules that acted, or would have acted.',
    unit: 'ops',
    width: 24,
    queries: [
      {
        expr: `sum by (rule, action, result) (${rate('sheaf_rule_outcomes_total', chosen)})`,
        legend: '{{rule}}: {{action}} {{result}}',
      },
    ],
  }),
];

const callers = [
  lines({
    title: 'Requests by outcome',
    description: 'Of callers who asked for this pipeline by its name.',
    unit: 'reqps',
    isStacked: true,
    queries: [
      { expr: `sum by (outcome) (${rate('sheaf_requests_total', 'model="$pipeline"')})`, legend: '{{outcome}}' },
    ],
  }),
  lines({
    title: 'Tries of services',
    description:
      'How long 99 of 100 tries of each service take, of all pipelines and models: a slow stage may wait for a slow service.',
    unit: 's',
    isLogarithmic: true,
    queries: [{ expr: quantile(0.99, 'rpc_client_call_duration_seconds', '', 'upstream'), legend: '{{upstream}}' }],
  }),
];

export const pipelineDashboard = dashboard({
  uid: 'sheaf-pipeline',
  title: 'Sheaf: pipeline',
  description: 'Which stage of a pipeline is slow, which one fails, and what is done about it.',
  variables: [{ name: 'pipeline', label: 'Pipeline', metric: 'sheaf_pipeline_runs_total' }],
  rows: [
    { title: 'Runs', panels: runs },
    { title: 'Stages', panels: stages },
    { title: 'Around it', panels: callers },
  ],
});
