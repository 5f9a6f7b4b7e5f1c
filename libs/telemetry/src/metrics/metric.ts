/** What a metric is: the shape of a line of the table. */

/** Which processes have it: each gateway, each service that we run, each worker, or every process of a mesh. */
export type MetricPlace = 'gateway' | 'service' | 'worker' | 'process';

/** What its numbers come from: calls that have ended, the journals of calls, runs of models, events as they happen, or a look at the time of the scrape. */
export type MetricSource = 'calls' | 'journals' | 'runs' | 'events' | 'scrape';

export type MetricUnit = 'seconds' | 'bytes' | 'ratio' | 'microseconds' | 'rows' | 'count' | 'state' | 'time';

export interface Metric {
  /** `counter` only grows, and begins anew with its process; `gauge` is as it is; `histogram` counts values by size. */
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly unit: MetricUnit;
  /** One sentence, without a full stop. */
  readonly help: string;
  /** Beside `service` and `replica`, which every one has. */
  readonly labels: readonly LabelName[];
  readonly place: MetricPlace;
  readonly source: MetricSource;
}

/** What the values of each label are. All of them are bounded, whatever callers send. */
export const labels = {
  service: 'which processes it is of: `gateway`, or the name of a service in mesh.yaml',
  replica: 'which of these, from 1; a process that takes the place of one that ended has its number',
  rpc_system_name: '`grpc`',
  rpc_method:
    'package, service and method of gRPC, such as `inference.GRPCInferenceService/ModelInfer`; `_OTHER` for all that there is not',
  rpc_response_status_code: 'a code of gRPC by name, such as `OK`; `HTTP 405` and `HTTP 415` for what was no gRPC',
  server_address: 'the host that was asked',
  server_port: 'its port',
  code: 'a code of gRPC by name',
  model:
    'a model or pipeline that is served, as the caller named it; `_OTHER` for names that are not there, empty where a call ended before its message was read',
  version: 'a version that is served; at a gateway empty where the caller named none, `_OTHER` where it is not there',
  outcome:
    '`answered`, `refused` (somebody decided so, or the caller made a mistake), `cancelled` (the caller left) or `failed`',
  tenant: 'the tenant of the credential; `_OTHER` for those beyond the first 100, empty where nobody knew who called',
  policy:
    'who decided: `address`, `authorisation`, `breaker`, `bytes-in-flight`, `deadline`, `identity`, `limit`, `load`, `offender`, `quarantine`, `rule`, `supervisor` or `throttle`; empty where nobody had to decide, as of malformed requests',
  name: 'which one, where there are several: the name of a limit, a rule or a service',
  reason: 'the reason of the refusal in UPPER_SNAKE_CASE, as `google.rpc.ErrorInfo` has it',
  direction: '`in` or `out`',
  pipeline: 'the name of a pipeline',
  stage: 'the name of a stage in it',
  member: 'the name of a member of an ensemble',
  rule: 'the name of a rule',
  action: 'what the rule does, such as `reject`',
  result: 'what came of it',
  upstream: 'the service that was asked, by its name in mesh.yaml',
  endpoint: 'an address of it',
  state: 'one of a few states',
  limit: 'the name of a limit in policies.yaml',
  kind: 'one of a few kinds',
  subject: "whose certificate: `gateway`, `mesh`, or a service that is somebody else's",
  node: 'the version of Node',
  onnxruntime: 'version of ONNX Runtime; empty of a process that loads none',
  label: 'the name of a label',
  why: 'a sentence',
  percentile: '50, 90 or 99',
} as const;

export type LabelName = keyof typeof labels;
