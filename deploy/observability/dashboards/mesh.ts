/** The mesh as a whole: is it well, and where to look when it is not. */
import { dashboard } from './dashboard.ts';
import { processes, services } from './mesh-processes.ts';
import { bars, lines, linkFromCell, linkTo, none, stat, table } from './panel.ts';
import { of, quantile, rate } from './promql.ts';

const toModel = linkTo('Model', 'sheaf-model', 'model');

/** How many times as fast as it may a budget of 30 days is used up. */
const burning = (title: string, ratio: string, budget: string) =>
  lines({
    title,
    description: 'Over the last hour; at 1 the budget of 30 days lasts 30 days. From 14.4 on somebody is called.',
    unit: 'short',
    thresholds: [
      [0, 'green'],
      [1, 'orange'],
      [14.4, 'red'],
    ],
    links: [toModel],
    queries: [{ expr: `${of(ratio)} / scalar(${budget})`, legend: '{{model}}' }],
  });

const now = [
  stat({
    title: 'Alerts',
    description: 'Alerts of these rules that fire. Each has a section in docs/runbooks.md.',
    unit: 'short',
    thresholds: none,
    queries: [{ expr: 'count(ALERTS{alertname=~"Sheaf.*", alertstate="firing"}) or vector(0)', legend: 'firing' }],
  }),
  stat({
    title: 'Requests a second',
    description: 'Inference requests that have ended, however they did.',
    unit: 'reqps',
    queries: [{ expr: `sum(${rate('sheaf_requests_total')})`, legend: 'requests' }],
  }),
  stat({
    title: 'Failed in the last hour',
    description:
      'The part of the requests that ended with a code which says that the mesh is at fault. Red is where somebody is called.',
    unit: 'percentunit',
    thresholds: [
      [0, 'green'],
      [0.001, 'orange'],
      [0.0144, 'red'],
    ],
    queries: [
      {
        expr: `(sum(${of('sheaf:requests_bad:increase1h')}) or vector(0)) / sum(increase(${of('sheaf_requests_total')}[1h]))`,
        legend: 'failed',
      },
    ],
  }),
  stat({
    title: 'Slowest percent',
    description: 'The time within which 99 of 100 answers are given. The objective is 0.5 s.',
    unit: 's',
    thresholds: [
      [0, 'green'],
      [0.5, 'orange'],
    ],
    queries: [{ expr: quantile(0.99, 'sheaf_request_duration_seconds', 'outcome="answered"'), legend: 'p99' }],
  }),
  stat({
    title: 'Not ready',
    description: 'Models and pipelines that cannot be asked now.',
    unit: 'short',
    thresholds: none,
    queries: [
      { expr: `count(max by (job, model) (${of('sheaf_model_ready')}) == 0) or vector(0)`, legend: 'not ready' },
    ],
  }),
  stat({
    title: 'Breakers not closed',
    description: 'Breakers that are open or let a trial through.',
    unit: 'short',
    thresholds: none,
    queries: [{ expr: `count(${of('sheaf_breaker_state')} > 0) or vector(0)`, legend: 'open' }],
  }),
];

const callers = [
  lines({
    title: 'Requests by outcome',
    description:
      'Answered, refused (somebody decided so, or the caller made a mistake), cancelled (the caller left), failed.',
    unit: 'reqps',
    isStacked: true,
    queries: [{ expr: `sum by (outcome) (${rate('sheaf_requests_total')})`, legend: '{{outcome}}' }],
  }),
  lines({
    title: 'How long answers take',
    description: 'Of all answered requests. A point is a traced call; a click on it leads to its trace.',
    unit: 's',
    isLogarithmic: true,
    queries: [0.5, 0.9, 0.99].map((q) => ({
      expr: quantile(q, 'sheaf_request_duration_seconds', 'outcome="answered"'),
      legend: `p${q * 100}`,
    })),
  }),
  burning('How fast the error budget burns', 'sheaf:requests_bad:ratio1h', 'sheaf:objective:error_budget_ratio'),
  burning(
    'How fast the budget of slow answers burns',
    'sheaf:answers_slow:ratio1h',
    'sheaf:objective:slow_budget_ratio',
  ),
  lines({
    title: 'Refusals and failures',
    description: 'Who decided, and why. No policy: a malformed request, or a failure.',
    unit: 'reqps',
    isStacked: true,
    queries: [
      {
        expr: `sum by (policy, name, reason) (${rate('sheaf_refusals_total')})`,
        legend: '{{policy}} {{name}} {{reason}}',
      },
    ],
  }),
  lines({
    title: 'Tenants that ask most',
    description: 'The ten that ask most; a click leads to one of them.',
    unit: 'reqps',
    isStacked: true,
    links: [linkTo('Tenant', 'sheaf-tenant', 'tenant')],
    queries: [{ expr: `topk(10, sum by (tenant) (${rate('sheaf_tenant_requests_total')}))`, legend: '{{tenant}}' }],
  }),
];

const models = [
  table({
    title: 'Models and pipelines',
    description: 'As callers name them. A click on a name leads to its dashboard.',
    unit: 'short',
    width: 16,
    rowsBy: 'model',
    units: { 'requests a second': 'reqps', failed: 'percentunit', p50: 's', p99: 's' },
    links: [
      linkFromCell('Model', 'sheaf-model', 'model'),
      linkFromCell('Pipeline', 'sheaf-pipeline', 'model', 'pipeline'),
    ],
    queries: [
      { expr: `max by (model) (${of('sheaf_model_ready')})`, legend: 'ready' },
      { expr: `sum by (model) (${rate('sheaf_requests_total')})`, legend: 'requests a second' },
      { expr: `max by (model) (${of('sheaf:requests_bad:ratio1h')})`, legend: 'failed' },
      { expr: quantile(0.5, 'sheaf_request_duration_seconds', 'outcome="answered"', 'model'), legend: 'p50' },
      { expr: quantile(0.99, 'sheaf_request_duration_seconds', 'outcome="answered"', 'model'), legend: 'p99' },
    ],
  }),
  bars({
    title: 'Use of limits',
    description: 'Of the caller who has least left of it. At 1 that caller is refused.',
    unit: 'percentunit',
    width: 8,
    max: 1,
    thresholds: [
      [0, 'green'],
      [0.8, 'orange'],
      [1, 'red'],
    ],
    queries: [{ expr: `max by (limit) (${of('sheaf_limit_use_ratio')})`, legend: '{{limit}}' }],
  }),
];

export const meshDashboard = dashboard({
  uid: 'sheaf-mesh',
  title: 'Sheaf: mesh',
  description: 'Is the mesh well, and where to look when it is not.',
  variables: [],
  rows: [
    { title: 'Now', panels: now },
    { title: 'What callers see', panels: callers },
    { title: 'Models and limits', panels: models },
    { title: 'The way to the services', panels: services },
    { title: 'Processes', panels: processes },
  ],
});
