/** Of the mesh as a whole: the way to its services, and its processes. */
import { lines, linkTo, none, stat, states } from './panel.ts';
import { of, quantile, rate } from './promql.ts';

export const services = [
  lines({
    title: 'How long tries take',
    description: 'Of 99 of 100 tries of an endpoint; each retry is a try of its own.',
    unit: 's',
    isLogarithmic: true,
    queries: [{ expr: quantile(0.99, 'rpc_client_call_duration_seconds', '', 'upstream'), legend: '{{upstream}}' }],
  }),
  lines({
    title: 'What is done about bad endpoints',
    description:
      'Retries, retries for which the budget had nothing left, calls that no endpoint was asked for, endpoints left out, and breakers that opened.',
    unit: 'ops',
    queries: [
      { expr: `sum by (upstream) (${rate('sheaf_upstream_retries_total')})`, legend: '{{upstream}} retries' },
      {
        expr: `sum by (upstream) (${rate('sheaf_upstream_retries_unpaid_total')})`,
        legend: '{{upstream}} retries unpaid',
      },
      {
        expr: `sum by (upstream, policy) (${rate('sheaf_upstream_refusals_total')})`,
        legend: '{{upstream}} refused by {{policy}}',
      },
      { expr: `sum by (upstream) (${rate('sheaf_upstream_ejections_total')})`, legend: '{{upstream}} left out' },
      {
        expr: `sum by (upstream) (${rate('sheaf_breaker_transitions_total', 'state="open"')})`,
        legend: '{{upstream}} breakers opened',
      },
    ],
  }),
  states({
    title: 'Breakers',
    description: 'Of each model version at each endpoint.',
    unit: 'short',
    links: [linkTo('Model', 'sheaf-model', 'model')],
    mappings: { 0: ['closed', 'green'], 1: ['half-open', 'orange'], 2: ['open', 'red'] },
    queries: [
      {
        expr: `max by (model, version, endpoint, upstream) (${of('sheaf_breaker_state')})`,
        legend: '{{model}}/{{version}} at {{endpoint}} ({{upstream}})',
      },
    ],
  }),
  lines({
    title: 'Endpoints',
    description:
      'Of each service, by state. What is not ready is not asked; what is in a crash loop is started ever more seldom.',
    unit: 'short',
    isStacked: true,
    queries: [
      { expr: `max by (upstream, state) (${of('sheaf_upstream_endpoints')})`, legend: '{{upstream}} {{state}}' },
    ],
  }),
];

export const processes = [
  lines({
    title: 'CPU',
    description: 'Cores that each process uses.',
    unit: 'short',
    queries: [
      { expr: `max by (service, replica) (${rate('process_cpu_seconds_total')})`, legend: '{{service}} {{replica}}' },
    ],
  }),
  lines({
    title: 'Memory',
    description: 'Resident memory of each process, and of its transforms.',
    unit: 'bytes',
    queries: [
      { expr: `max by (service, replica) (${of('process_resident_memory_bytes')})`, legend: '{{service}} {{replica}}' },
    ],
  }),
  lines({
    title: 'How late event loops are',
    description: 'In the worst percent of the last minute. Whatever a process answers is late by as much.',
    unit: 's',
    thresholds: [
      [0, 'green'],
      [0.25, 'red'],
    ],
    queries: [
      {
        expr: `max by (service, replica) (${of('sheaf_event_loop_delay_seconds', 'percentile="99"')})`,
        legend: '{{service}} {{replica}}',
      },
    ],
  }),
  lines({
    title: 'Memory for messages',
    description: 'How much of limits.bytesInFlightMax is taken. When all of it is, calls wait for it or are refused.',
    unit: 'percentunit',
    max: 1,
    thresholds: [
      [0, 'green'],
      [0.9, 'red'],
    ],
    queries: [
      {
        expr: `max by (service, replica) (${of('sheaf_bytes_in_flight')} / ${of('sheaf_bytes_in_flight_limit')})`,
        legend: '{{service}} {{replica}}',
      },
    ],
  }),
  lines({
    title: 'Starts of processes',
    description: 'How often each has been started anew in the last 15 minutes.',
    unit: 'short',
    queries: [
      {
        expr: `max by (service, replica) (changes(${of('process_start_time_seconds', 'service!=""')}[15m]))`,
        legend: '{{service}} {{replica}}',
      },
    ],
  }),
  lines({
    title: 'Traces and logs',
    description:
      'Spans that were sent to the collector, that it refused, and that found the queue full; lines of the log that nobody took; traces that are kept since their calls failed or were slow, or that were left since there were too many.',
    unit: 'ops',
    queries: [
      { expr: `sum by (result) (${rate('sheaf_trace_spans_total')})`, legend: 'spans {{result}}' },
      {
        expr: `sum by (result) (${rate('sheaf_log_lines_total', 'result="dropped"')})`,
        legend: 'log lines {{result}}',
      },
      {
        expr: `sum by (result) (${rate('sheaf_supervisor_log_lines_total', 'result="dropped"')})`,
        legend: 'log lines {{result}} by sheaf up',
      },
      { expr: `sum by (result) (${rate('sheaf_kept_traces_total')})`, legend: 'traces {{result}}, kept' },
    ],
  }),
  stat({
    title: 'Silent',
    description: 'Processes of services that did not tell their numbers.',
    unit: 'short',
    thresholds: none,
    queries: [{ expr: `count(${of('sheaf_scrape_process_up')} == 0) or vector(0)`, legend: 'silent' }],
  }),
  stat({
    title: 'Parts out',
    description: 'Models, pipelines and files that are not served as they stand in the folder.',
    unit: 'short',
    thresholds: none,
    queries: [{ expr: `sum(max by (job, kind) (${of('sheaf_parts_out')}))`, legend: 'out' }],
  }),
  stat({
    title: 'Audit trail',
    description: 'Whether it is whole.',
    unit: 'short',
    mappings: { 0: ['broken', 'red'], 1: ['whole', 'green'] },
    queries: [{ expr: `min(${of('sheaf_audit_intact')})`, legend: 'whole' }],
  }),
];
