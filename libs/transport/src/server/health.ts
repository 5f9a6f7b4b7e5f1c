/** grpc.health.v1 of a server of ours. */
import { InferError, invalidField, type Limits, maySee, notFound } from '@sheaf/inference';
import { service } from 'grpc-health-check';
import type { MethodDefinition } from './grpc/method-definition.ts';
import { type ServerMethod, serverStreaming, unary } from './grpc/methods.ts';
import type { ResponseStream } from './grpc/response-stream.ts';
import type { ServerCall } from './grpc/server-call.ts';

export type HealthStatus = 'SERVING' | 'NOT_SERVING';

export interface Health {
  readonly methods: readonly ServerMethod[];
  setStatus(name: string, status: HealthStatus): void;
  /** Ends every watch: one that stays open keeps a server from closing. */
  endWatches(): void;
}

interface HealthRequest {
  readonly service: string;
}

interface HealthResponse {
  readonly status: HealthStatus | 'SERVICE_UNKNOWN';
}

interface HealthList {
  readonly statuses: Readonly<Record<string, HealthResponse>>;
}

interface HealthDefinitions {
  readonly Check: MethodDefinition<HealthRequest, HealthResponse>;
  readonly Watch: MethodDefinition<HealthRequest, HealthResponse>;
  readonly List: MethodDefinition<unknown, HealthList>;
}

const { Check, Watch, List } = service as unknown as HealthDefinitions;

/** As many as the protocol lets a server list. */
const listedMax = 100;

/** Not the service of grpc-health-check: that one keeps every name that was ever watched, for as long as the process lives. A name that its caller may not see is answered for as one that nobody has. */
export function createHealth(limits: Limits): Health {
  const statuses = new Map<string, HealthStatus>([['', 'NOT_SERVING']]);
  /** By the name that each is told of; undefined where its caller may not see it. */
  const watches = new Map<ResponseStream<HealthResponse>, string | undefined>();
  const statusFor = (name: string, call: ServerCall): HealthStatus | undefined =>
    isVisible(name, call) ? statuses.get(name) : undefined;
  // Balancers ask with no message at all; it is as good as one that says nothing.
  const isOptional = true;
  const check = unary(
    Check,
    ({ service: name }, call) => {
      checkLength(name, limits);
      const status = statusFor(name, call);
      // In the words of grpc-health-check, with the details of our own refusals.
      if (!status) throw notFound(`Health status unknown for service ${name}`, name);
      return { status };
    },
    isOptional,
  );
  const watch = serverStreaming(
    Watch,
    ({ service: name }, call, responses) => {
      checkLength(name, limits);
      watches.set(responses, isVisible(name, call) ? name : undefined);
      responses.write({ status: statusFor(name, call) ?? 'SERVICE_UNKNOWN' });
      return () => void watches.delete(responses);
    },
    isOptional,
  );
  const list = unary(
    List,
    (_, call) => {
      const visible = [...statuses].filter(([name]) => isVisible(name, call));
      if (visible.length > listedMax) throw tooManyNames;
      return { statuses: Object.fromEntries(visible.map(([name, status]) => [name, { status }])) };
    },
    isOptional,
  );
  return {
    methods: [check, watch, list],
    setStatus: (name, status) => {
      // Watches are told of changes only.
      if (statuses.get(name) === status) return;
      statuses.set(name, status);
      for (const [responses, watched] of watches) if (watched === name) responses.write({ status });
    },
    endWatches: () => {
      for (const responses of watches.keys()) responses.end();
      watches.clear();
    },
  };
}

const isVisible = (name: string, { principal }: ServerCall): boolean => name === '' || maySee(principal, name);

/** Nobody has a name that no model could have; what is longer is not looked up, and not kept while it is watched. */
function checkLength({ length }: string, { nameCharsMax }: Limits): void {
  if (length > nameCharsMax)
    throw invalidField('service', `want at most ${nameCharsMax} characters, got ${length}`, 'NAME_INVALID');
}

const tooManyNames = new InferError('RESOURCE_EXHAUSTED', `want at most ${listedMax} names to list, got more`, {
  reason: 'NAMES_TOO_MANY',
});
