/**
 * Model versions and transforms in the processes that hold them. The names of Triton are for dashboards and endpoint pickers that know them; a gateway has them
 * of its pipelines, which are models to whoever asks.
 */
import type { Metric } from '../metric.ts';

const ofVersion = { labels: ['model', 'version'], place: 'service' } as const;
/** And of pipelines. */
const ofAny = { labels: ['model', 'version'], place: 'process' } as const;
const microseconds = { kind: 'counter', unit: 'microseconds', source: 'journals', ...ofAny } as const;

export const modelMetrics = {
  nv_inference_request_success: {
    kind: 'counter',
    unit: 'count',
    help: 'Inference requests that were answered',
    source: 'journals',
    ...ofAny,
  },
  nv_inference_request_failure: {
    kind: 'counter',
    unit: 'count',
    help: 'Inference requests that were not answered, by reason: REJECTED (not run), CANCELED (the caller left), BACKEND (the run failed) or OTHER (such as wrong inputs); of a pipeline BACKEND is a fault of the mesh, and what a caller did wrong is OTHER',
    labels: ['model', 'version', 'reason'],
    place: 'process',
    source: 'journals',
  },
  nv_inference_count: {
    kind: 'counter',
    unit: 'rows',
    help: 'Inferences: the rows of all runs that gave an answer; a call that is never batched counts as one, and so does a run of a pipeline',
    source: 'runs',
    ...ofAny,
  },
  nv_inference_exec_count: {
    kind: 'counter',
    unit: 'count',
    help: 'Runs of the model, of one request or several together',
    source: 'runs',
    ...ofAny,
  },
  nv_inference_pending_request_count: {
    kind: 'gauge',
    unit: 'count',
    help: 'Inference requests that wait for their run; of a pipeline those that are being run, which wait for its stages',
    source: 'scrape',
    ...ofAny,
  },
  nv_inference_request_duration_us: { help: 'Time of answered requests, in all', ...microseconds },
  nv_inference_queue_duration_us: { help: 'Time that answered requests waited for their run', ...microseconds },
  nv_inference_compute_input_duration_us: {
    help: 'Time of answered requests in which the inputs of their runs were put together',
    ...microseconds,
  },
  nv_inference_compute_infer_duration_us: {
    help: 'Time of answered requests in which the model ran; of a pipeline all of it',
    ...microseconds,
  },
  nv_inference_compute_output_duration_us: {
    help: 'Time of answered requests in which the outputs of their runs were taken apart, and went to the thread or process of the model and back',
    ...microseconds,
  },
  sheaf_queue_duration_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    help: 'How long requests waited for their run, also those that were refused then',
    source: 'journals',
    ...ofVersion,
  },
  sheaf_run_duration_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    help: 'How long runs took in the thread or process of the model',
    source: 'runs',
    ...ofVersion,
  },
  sheaf_batch_rows: { kind: 'histogram', unit: 'rows', help: 'Rows of a run', source: 'runs', ...ofVersion },
  sheaf_batch_requests: {
    kind: 'histogram',
    unit: 'count',
    help: 'Requests that shared a run',
    source: 'runs',
    ...ofVersion,
  },
  sheaf_shed_requests_total: {
    kind: 'counter',
    unit: 'count',
    help: 'Requests that were refused since there was too much to do, or they would have been late',
    labels: ['model', 'version', 'reason'],
    place: 'service',
    source: 'journals',
  },
  sheaf_queue_use_ratio: {
    kind: 'gauge',
    unit: 'ratio',
    help: 'How much of the places in the queue is taken; 1 is all',
    source: 'scrape',
    ...ofVersion,
  },
  sheaf_runs_in_flight: {
    kind: 'gauge',
    unit: 'count',
    help: 'Workers that run something now',
    source: 'scrape',
    ...ofVersion,
  },
  sheaf_runs_limit: {
    kind: 'gauge',
    unit: 'count',
    help: 'Workers that may run at once, as the adaptive limit has it now',
    source: 'scrape',
    ...ofVersion,
  },
  sheaf_workers: {
    kind: 'gauge',
    unit: 'count',
    help: 'Workers, each with a session of its own',
    source: 'scrape',
    ...ofVersion,
  },
  sheaf_run_cost_fixed_seconds: {
    kind: 'gauge',
    unit: 'seconds',
    help: 'What a run takes beside its rows, as it was learned; 0 while that is not known',
    source: 'scrape',
    ...ofVersion,
  },
  sheaf_run_cost_row_seconds: {
    kind: 'gauge',
    unit: 'seconds',
    help: 'What each row of a run takes, as it was learned; 0 while that is not known',
    source: 'scrape',
    ...ofVersion,
  },
  sheaf_model_batched: {
    kind: 'gauge',
    unit: 'state',
    help: 'Whether requests share runs, 1 or 0, and why',
    labels: ['model', 'version', 'why'],
    place: 'service',
    source: 'scrape',
  },
  sheaf_model_ready: {
    kind: 'gauge',
    unit: 'state',
    help: 'Whether a model or pipeline can be asked now, 1 or 0',
    labels: ['model'],
    place: 'gateway',
    source: 'scrape',
  },
} as const satisfies Record<string, Metric>;
