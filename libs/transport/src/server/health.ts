/** grpc.health.v1 of a server of ours. */
import type * as grpc from '@grpc/grpc-js';
import { InferError, invalidField, type Limits, notFound } from '@sheaf/inference';
import { service } from 'grpc-health-check';
import { toStatus } from '../status.ts';

export type HealthStatus = 'SERVING' | 'NOT_SERVING';

export interface Health {
  setStatus(name: string, status: HealthStatus): void;
  /** Ends every watch: one that stays open keeps a server from closing. */
  endWatches(): void;
}

interface Asked {
  readonly service: string;
}

type Watch = grpc.ServerWritableStream<Asked, { readonly status: HealthStatus | 'SERVICE_UNKNOWN' }>;
type Unary<Request, Answer> = (call: grpc.ServerUnaryCall<Request, Answer>, done: grpc.sendUnaryData<Answer>) => void;

/** As many as the protocol lets a server list. */
const listedMax = 100;

export interface HealthOptions {
  readonly limits: Limits;
  /** Whether a name is there for whoever asks; the answer is as for one that nobody has. */
  readonly isVisible: (name: string, metadata: grpc.Metadata) => boolean;
}

/** Not the service of grpc-health-check: that one keeps every name that was ever watched, for as long as the process lives. */
export function addHealth(server: grpc.Server, { limits, isVisible }: HealthOptions): Health {
  const statuses = new Map<string, HealthStatus>([['', 'NOT_SERVING']]);
  /** By the name that each is told of; undefined where its caller may not see it. */
  const watches = new Map<Watch, string | undefined>();
  const statusFor = ({ request, metadata }: { readonly request: Asked; readonly metadata: grpc.Metadata }) =>
    isVisible(request.service, metadata) ? statuses.get(request.service) : undefined;
  const check: Unary<Asked, { readonly status: HealthStatus }> = (call, done) => {
    const wrong = tooLong(call.request, limits);
    const status = wrong ? undefined : statusFor(call);
    if (status) done(null, { status });
    else done(toStatus(wrong ?? unknownService(call.request.service)));
  };
  const watch = (call: Watch): void => {
    const wrong = tooLong(call.request, limits);
    if (wrong) {
      call.emit('error', toStatus(wrong));
      return;
    }
    const { request, metadata } = call;
    watches.set(call, isVisible(request.service, metadata) ? request.service : undefined);
    call.on('cancelled', () => watches.delete(call));
    call.write({ status: statusFor(call) ?? 'SERVICE_UNKNOWN' });
  };
  const list: Unary<unknown, { readonly statuses: Readonly<Record<string, { readonly status: HealthStatus }>> }> = (
    { metadata },
    done,
  ) => {
    const visible = [...statuses].filter(([name]) => isVisible(name, metadata));
    if (visible.length > listedMax) done(toStatus(tooManyNames));
    else done(null, { statuses: Object.fromEntries(visible.map(([name, status]) => [name, { status }])) });
  };
  server.addService(service as unknown as grpc.ServiceDefinition, { check, watch, list } as never);
  return {
    setStatus: (name, status) => {
      // Watches are told of changes only.
      if (statuses.get(name) === status) return;
      statuses.set(name, status);
      for (const [call, watched] of watches) if (watched === name) call.write({ status });
    },
    endWatches: () => {
      for (const call of watches.keys()) call.end();
      watches.clear();
    },
  };
}

/** Nobody has a name that no model could have; what is longer is not looked up, and not kept while it is watched. */
const tooLong = ({ service: { length } }: Asked, { nameCharsMax }: Limits): InferError | undefined =>
  length > nameCharsMax
    ? invalidField('service', `want at most ${nameCharsMax} characters, got ${length}`, 'NAME_INVALID')
    : undefined;

/** In the words of grpc-health-check, with the details of our own refusals. */
const unknownService = (name: string): InferError => notFound(`Health status unknown for service ${name}`, name);

const tooManyNames = new InferError('RESOURCE_EXHAUSTED', `want at most ${listedMax} names to list, got more`, {
  reason: 'NAMES_TOO_MANY',
});
