/** One tenant: what it asks for, what it gets, and what it is refused. */
import { dashboard } from './dashboard.ts';
import { lines, stat } from './panel.ts';
import { quantile, rate } from './promql.ts';

const chosen = 'tenant="$tenant"';

const now = [
  stat({
    title: 'Requests a second',
    description: 'That have ended, however they did.',
    unit: 'reqps',
    width: 6,
    queries: [{ expr: `sum(${rate('sheaf_tenant_requests_total', chosen)})`, legend: 'requests' }],
  }),
  stat({
    title: 'Part of all requests',
    description: 'How much of what is asked is asked by this tenant.',
    unit: 'percentunit',
    width: 6,
    queries: [
      {
        expr: `sum(${rate('sheaf_tenant_requests_total', chosen)}) / sum(${rate('sheaf_tenant_requests_total')})`,
        legend: 'part',
      },
    ],
  }),
  stat({
    title: 'Answered',
    description: 'The part of its requests that were answered.',
    unit: 'percentunit',
    width: 6,
    thresholds: [
      [0, 'red'],
      [0.95, 'orange'],
      [0.999, 'green'],
    ],
    queries: [
      {
        expr: `sum(${rate('sheaf_tenant_requests_total', `${chosen}, outcome="answered"`)}) / sum(${rate('sheaf_tenant_requests_total', chosen)})`,
        legend: 'answered',
      },
    ],
  }),
  stat({
    title: 'Slowest percent',
    description: 'The time within which 99 of 100 of its answers are given.',
    unit: 's',
    width: 6,
    queries: [
      { expr: quantile(0.99, 'sheaf_tenant_request_duration_seconds', `${chosen}, outcome="answered"`), legend: 'p99' },
    ],
  }),
];

const course = [
  lines({
    title: 'Requests by outcome',
    description:
      'Answered, refused (somebody decided so, or the caller made a mistake), cancelled (the caller left), failed.',
    unit: 'reqps',
    isStacked: true,
    queries: [{ expr: `sum by (outcome) (${rate('sheaf_tenant_requests_total', chosen)})`, legend: '{{outcome}}' }],
  }),
  lines({
    title: 'Refusals by policy',
    description: 'Who decided. No policy: a malformed request, or a failure.',
    unit: 'reqps',
    isStacked: true,
    queries: [{ expr: `sum by (policy) (${rate('sheaf_tenant_refusals_total', chosen)})`, legend: '{{policy}}' }],
  }),
  lines({
    title: 'How long its answers take',
    description:
      'Beside those of all tenants: the tenant is slow, or all are. A point is a traced call; a click on it leads to its trace.',
    unit: 's',
    isLogarithmic: true,
    queries: [
      ...[0.5, 0.99].map((q) => ({
        expr: quantile(q, 'sheaf_tenant_request_duration_seconds', `${chosen}, outcome="answered"`),
        legend: `p${q * 100}`,
      })),
      { expr: quantile(0.99, 'sheaf_tenant_request_duration_seconds', 'outcome="answered"'), legend: 'p99 of all' },
    ],
  }),
  lines({
    title: 'Bytes of its messages',
    description: 'Of all calls, in and out.',
    unit: 'Bps',
    queries: [
      { expr: `sum by (direction) (${rate('sheaf_tenant_message_bytes_total', chosen)})`, legend: '{{direction}}' },
    ],
  }),
];

export const tenantDashboard = dashboard({
  uid: 'sheaf-tenant',
  title: 'Sheaf: tenant',
  description: 'What a tenant asks for, what it gets, and what it is refused.',
  variables: [{ name: 'tenant', label: 'Tenant', metric: 'sheaf_tenant_requests_total' }],
  rows: [
    { title: 'Now', panels: now },
    { title: 'Course', panels: course },
  ],
});
