/** One model or transform: where its time goes, whether it is batched, and whether it has more to do than it can. */
import { dashboard } from './dashboard.ts';
import { heatmap, lines, states, table } from './panel.ts';
import { of, quantile, rate } from './promql.ts';

const chosen = 'model="$model"';
const perVersion = (expr: string): string => `sum by (version) (${expr})`;

const perRequest = (part: string): string =>
  `${perVersion(rate(`nv_inference_${part}_duration_us`, chosen))} / 1e6 / ${perVersion(rate('nv_inference_request_success', chosen))}`;

const requests = [
  lines({
    title: 'Requests',
    description:
      'Answered, and not answered by reason: rejected (not run), canceled (the caller left), backend (the run failed), other (such as wrong inputs).',
    unit: 'reqps',
    isStacked: true,
    queries: [
      { expr: perVersion(rate('nv_inference_request_success', chosen)), legend: 'version {{version}} answered' },
      {
        expr: `sum by (version, reason) (${rate('nv_inference_request_failure', chosen)})`,
        legend: 'version {{version}} {{reason}}',
      },
    ],
  }),
  lines({
    title: 'Where the time of a request goes',
    description:
      'On average: it waits in the queue, inputs are put together, the model runs, outputs are taken apart. Long waits beside short runs want more workers or replicas.',
    unit: 's',
    isStacked: true,
    queries: [
      { expr: perRequest('queue'), legend: 'version {{version}} queue' },
      { expr: perRequest('compute_input'), legend: 'version {{version}} input' },
      { expr: perRequest('compute_infer'), legend: 'version {{version}} run' },
      { expr: perRequest('compute_output'), legend: 'version {{version}} output' },
    ],
  }),
  lines({
    title: 'Waits and runs of the slowest percent',
    description: 'A point is a traced call; a click on it leads to its trace.',
    unit: 's',
    isLogarithmic: true,
    queries: [
      { expr: quantile(0.99, 'sheaf_queue_duration_seconds', chosen, 'version'), legend: 'version {{version}} waits' },
      { expr: quantile(0.99, 'sheaf_run_duration_seconds', chosen, 'version'), legend: 'version {{version}} runs' },
    ],
  }),
  lines({
    title: 'What callers see',
    description: 'Of callers who asked for this model by its name, at the gateway.',
    unit: 's',
    isLogarithmic: true,
    queries: [0.5, 0.99].map((q) => ({
      expr: quantile(q, 'sheaf_request_duration_seconds', `${chosen}, outcome="answered"`),
      legend: `p${q * 100}`,
    })),
  }),
];

const load = [
  lines({
    title: 'Waiting',
    description: 'Requests that wait for their run.',
    unit: 'short',
    queries: [{ expr: perVersion(of('nv_inference_pending_request_count', chosen)), legend: 'version {{version}}' }],
  }),
  lines({
    title: 'Use of the queue',
    description: 'Of each process. When it is full, calls are refused with OVERLOADED.',
    unit: 'percentunit',
    max: 1,
    thresholds: [
      [0, 'green'],
      [0.8, 'red'],
    ],
    queries: [
      {
        expr: `max by (version, service, replica) (${of('sheaf_queue_use_ratio', chosen)})`,
        legend: 'version {{version}} {{service}} {{replica}}',
      },
    ],
  }),
  lines({
    title: 'Workers',
    description:
      'How many run something, how many may at once (the adaptive limit), and how many there are. Where all run all of the time, more of them or another replica helps, if the machine has cores left.',
    unit: 'short',
    queries: [
      { expr: perVersion(of('sheaf_runs_in_flight', chosen)), legend: 'version {{version}} run' },
      { expr: perVersion(of('sheaf_runs_limit', chosen)), legend: 'version {{version}} may run' },
      { expr: perVersion(of('sheaf_workers', chosen)), legend: 'version {{version}} are there' },
    ],
  }),
  lines({
    title: 'Refused for load',
    description: 'Since there was too much to do, or they would have been late.',
    unit: 'reqps',
    queries: [
      {
        expr: `sum by (version, reason) (${rate('sheaf_shed_requests_total', chosen)})`,
        legend: 'version {{version}} {{reason}}',
      },
    ],
  }),
];

const batches = [
  lines({
    title: 'Requests that share a run',
    description: 'On average, and the rows of a run. 1 is: not batched.',
    unit: 'short',
    queries: [
      {
        expr: `${perVersion(rate('sheaf_batch_requests_sum', chosen))} / ${perVersion(rate('sheaf_batch_requests_count', chosen))}`,
        legend: 'version {{version}} requests',
      },
      {
        expr: `${perVersion(rate('nv_inference_count', chosen))} / ${perVersion(rate('nv_inference_exec_count', chosen))}`,
        legend: 'version {{version}} rows',
      },
    ],
  }),
  heatmap({
    title: 'Rows of runs',
    description: 'How they are spread.',
    unit: 'short',
    queries: [{ expr: `sum by (le) (${rate('sheaf_batch_rows_bucket', chosen)})`, legend: '{{le}}' }],
  }),
  lines({
    title: 'What a run costs',
    description:
      'As it was learned: a part that each run takes, and a part for each row. Where the first is the larger one, batches help most.',
    unit: 's',
    isLogarithmic: true,
    queries: [
      { expr: `max by (version) (${of('sheaf_run_cost_fixed_seconds', chosen)})`, legend: 'version {{version}} a run' },
      { expr: `max by (version) (${of('sheaf_run_cost_row_seconds', chosen)})`, legend: 'version {{version}} a row' },
    ],
  }),
  table({
    title: 'Is it batched, and why',
    description: '1: requests share runs.',
    unit: 'short',
    rowsBy: 'version',
    columns: ['why'],
    queries: [{ expr: `max by (version, why) (${of('sheaf_model_batched', chosen)})`, legend: 'batched' }],
  }),
];

const way = [
  states({
    title: 'Ready',
    description: 'Whether it can be asked.',
    unit: 'short',
    mappings: { 0: ['not ready', 'red'], 1: ['ready', 'green'] },
    queries: [{ expr: `max by (model) (${of('sheaf_model_ready', chosen)})`, legend: '{{model}}' }],
  }),
  states({
    title: 'Breakers',
    description: 'Of each version at each endpoint.',
    unit: 'short',
    mappings: { 0: ['closed', 'green'], 1: ['half-open', 'orange'], 2: ['open', 'red'] },
    queries: [
      {
        expr: `max by (version, endpoint, upstream) (${of('sheaf_breaker_state', chosen)})`,
        legend: 'version {{version}} at {{endpoint}} ({{upstream}})',
      },
    ],
  }),
];

export const modelDashboard = dashboard({
  uid: 'sheaf-model',
  title: 'Sheaf: model',
  description: 'Where the time of a model goes, whether it is batched, and whether it has more to do than it can.',
  // Of what a service holds: pipelines have a dashboard of their own.
  variables: [{ name: 'model', label: 'Model', metric: 'sheaf_workers' }],
  rows: [
    { title: 'Requests', panels: requests },
    { title: 'Load', panels: load },
    { title: 'Batches', panels: batches },
    { title: 'The way to it', panels: way },
  ],
});
