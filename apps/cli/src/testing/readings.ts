/** Two readings of a small mesh, as text that a gateway tells. */
import type { Folder } from '../top/folder.ts';
import type { Look } from '../top/look.ts';
import { parseMetrics } from '../top/parse-metrics.ts';

const iris = 'service="iris",replica="1"';
const gateway = 'service="gateway",replica="1"';
const irisModel = `${iris},model="iris",version="1"`;

interface Numbers {
  /** When the process of the service has started. */
  readonly startedAt: number;
  /** Requests that the model has answered. */
  readonly answered: number;
  /** Calls for the pipeline: answered in 5 ms to 10 ms, and refused. */
  readonly calls: number;
  readonly refused: number;
  readonly breaker?: number;
}

const textOf = ({ startedAt, answered, calls, refused, breaker = 0 }: Numbers): string => `# HELP some_help {x}
# TYPE process_start_time_seconds gauge
process_start_time_seconds{${gateway}} 5
process_start_time_seconds{${iris}} ${startedAt}
process_resident_memory_bytes{${iris}} 209715200
sheaf_event_loop_delay_seconds{${iris},quantile="0.99"} 0.3
sheaf_requests_total{${gateway},model="classify",version="",outcome="answered",code="OK"} ${calls}
sheaf_requests_total{${gateway},model="classify",version="",outcome="refused",code="RESOURCE_EXHAUSTED"} ${refused}
sheaf_request_duration_seconds_bucket{${gateway},model="classify",version="",outcome="answered",le="0.005"} 0
sheaf_request_duration_seconds_bucket{${gateway},model="classify",version="",outcome="answered",le="0.01"} ${calls}
sheaf_request_duration_seconds_bucket{${gateway},model="classify",version="",outcome="answered",le="+Inf"} ${calls}
sheaf_refusals_total{${gateway},policy="limit",name="burst",code="RESOURCE_EXHAUSTED",reason="RATE_LIMITED"} ${refused}
sheaf_pipeline_runs_total{${gateway},pipeline="classify",version="1",code="OK"} ${calls}
sheaf_stage_runs_total{${gateway},pipeline="classify",stage="ask",code="OK"} ${calls}
sheaf_limit_use_ratio{${gateway},limit="burst"} 0.82
sheaf_upstream_endpoints{${gateway},upstream="iris",state="ready"} 1
sheaf_upstream_endpoints{${gateway},upstream="iris",state="not_ready"} 1
sheaf_breaker_state{${gateway},upstream="iris",endpoint="127.0.0.1:9",model="iris",version="1"} ${breaker}
nv_inference_request_success{${irisModel}} ${answered}
nv_inference_request_failure{${irisModel},reason="REJECTED"} 0
nv_inference_pending_request_count{${irisModel}} 7
sheaf_batch_rows_sum{${irisModel}} ${answered * 4}
sheaf_batch_rows_count{${irisModel}} ${answered}
sheaf_workers{${irisModel}} 2
sheaf_model_batched{${irisModel},why="the first dimension is \\"rows\\""} 1
sheaf_scrape_process_up{${gateway},upstream="iris",endpoint="127.0.0.1:9"} 1
`;

const folder: Folder = {
  names: [
    { name: 'classify', kind: 'pipeline', service: '', ready: true },
    { name: 'iris', kind: 'model', service: 'iris', ready: true },
  ],
  services: [{ name: 'iris', foreign: false }],
  partsOut: 0,
};

/** `atMs`: on the clock of whoever reads. */
export const lookAt = (atMs: number, numbers: Numbers): Look => ({
  atMs,
  at: '12:00:00',
  samples: parseMetrics(textOf(numbers)),
  folder,
});
