/** The processes of a mesh, and what a gateway keeps. Names beginning with process_ and nodejs_ are those that other programs of Node have. */
import type { Metric } from '../metric.ts';

const atScrape = { place: 'process', source: 'scrape', labels: [] } as const;
const ofGateway = { place: 'gateway', source: 'scrape', labels: [] } as const;

export const processMetrics = {
  process_cpu_seconds_total: { kind: 'counter', unit: 'seconds', help: 'CPU time of the process', ...atScrape },
  process_resident_memory_bytes: {
    kind: 'gauge',
    unit: 'bytes',
    help: 'Resident memory of the process; on Linux with that of its transforms',
    ...atScrape,
  },
  process_start_time_seconds: {
    kind: 'gauge',
    unit: 'time',
    help: 'When the process started, in seconds since 1970',
    ...atScrape,
  },
  nodejs_heap_size_used_bytes: { kind: 'gauge', unit: 'bytes', help: 'Heap of JavaScript in use', ...atScrape },
  nodejs_external_memory_bytes: {
    kind: 'gauge',
    unit: 'bytes',
    help: 'Memory outside of the heap that objects of JavaScript hold, such as buffers',
    ...atScrape,
  },
  sheaf_event_loop_delay_seconds: {
    kind: 'gauge',
    unit: 'seconds',
    help: 'How late the event loop came to what was due in the last minute or so, by quantile',
    ...atScrape,
    labels: ['quantile'],
  },
  sheaf_event_loop_use_ratio: {
    kind: 'gauge',
    unit: 'ratio',
    help: 'Part of the time since the process started in which its event loop was busy',
    ...atScrape,
  },
  sheaf_build_info: {
    kind: 'gauge',
    unit: 'state',
    help: '1; the labels say which version runs, and on which Node',
    ...atScrape,
    labels: ['version', 'node'],
  },
  sheaf_bytes_in_flight: { kind: 'gauge', unit: 'bytes', help: 'Memory that the messages of calls take', ...atScrape },
  sheaf_bytes_in_flight_limit: {
    kind: 'gauge',
    unit: 'bytes',
    help: 'Memory that they may take (limits.bytesInFlightMax)',
    ...atScrape,
  },
  sheaf_connections: { kind: 'gauge', unit: 'count', help: 'Connections of callers that are open', ...atScrape },
  sheaf_journal_entries_dropped_total: {
    kind: 'counter',
    unit: 'count',
    help: 'Entries of calls that had too many of them: what is counted from journals lacks these',
    ...atScrape,
    source: 'journals',
  },
  sheaf_label_overflows_total: {
    kind: 'counter',
    unit: 'count',
    help: 'Values that were counted as _OTHER since their label has as many as it may',
    ...atScrape,
    source: 'events',
    labels: ['label'],
  },
  sheaf_epoch: {
    kind: 'gauge',
    unit: 'count',
    help: 'Number of the revision of the folder that is served',
    ...ofGateway,
  },
  sheaf_reloads_total: {
    kind: 'counter',
    unit: 'count',
    help: 'Revisions of the folder that were taken up or refused',
    ...ofGateway,
    source: 'events',
    labels: ['result'],
  },
  sheaf_parts_out: {
    kind: 'gauge',
    unit: 'count',
    help: 'Parts of the folder that are not served as they stand there, by kind',
    ...ofGateway,
    labels: ['kind'],
  },
  sheaf_keys_fresh: {
    kind: 'gauge',
    unit: 'state',
    help: 'Whether somebody can tell which API keys count, 1 or 0',
    ...ofGateway,
  },
  sheaf_audit_sequence: {
    kind: 'gauge',
    unit: 'count',
    help: 'Number of the last entry of the audit trail',
    ...ofGateway,
  },
  sheaf_audit_intact: {
    kind: 'gauge',
    unit: 'state',
    help: '0 once the audit trail was found cut or written anew, else 1',
    ...ofGateway,
  },
  sheaf_certificate_expiry_timestamp_seconds: {
    kind: 'gauge',
    unit: 'time',
    help: 'When a certificate ends, in seconds since 1970',
    ...ofGateway,
    labels: ['subject'],
  },
  sheaf_scrape_process_up: {
    kind: 'gauge',
    unit: 'state',
    help: 'Whether a process of a service has told its numbers for this scrape, 1 or 0',
    ...ofGateway,
    labels: ['upstream', 'endpoint'],
  },
  sheaf_scrape_failures_total: {
    kind: 'counter',
    unit: 'count',
    help: 'Scrapes for which a process of a service did not tell its numbers in time',
    ...ofGateway,
    source: 'events',
    labels: ['upstream'],
  },
  sheaf_scrapes_refused_total: {
    kind: 'counter',
    unit: 'count',
    help: 'Scrapes that were refused since others were under way',
    ...ofGateway,
    source: 'events',
  },
} as const satisfies Record<string, Metric>;
