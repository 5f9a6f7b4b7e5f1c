/** The Admin service of a gateway's public door. Who may call what is decided before, by the door's `admit`. */
import type * as grpc from '@grpc/grpc-js';
import { InferError } from '@sheaf/inference';
import type { Admissions } from './admission.ts';
import type { AdminHandlers } from './generated/sheaf/admin/v1/Admin.ts';
import { toStatus } from './status.ts';

export interface LimitState {
  readonly name: string;
  /** As `ratelimit-policy` tells it. */
  readonly policy: string;
  /** Those that were used last, the latest first. */
  readonly buckets: readonly BucketState[];
}

export interface BucketState {
  /** By `tenant`, `key`, `model`; nothing: everybody's. */
  readonly whose: Readonly<Record<string, string>>;
  readonly remaining: number;
  readonly resetMs: number;
}

export interface AuditPage {
  readonly entries: readonly AuditLine[];
  /** Undefined: the chain is whole. */
  readonly brokenAt: number | undefined;
}

export interface AuditLine {
  readonly sequence: number;
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: string;
  readonly hash: string;
}

export interface Reloaded {
  readonly epoch: number;
  readonly changed: readonly string[];
}

/** What a gateway lets be seen and done. `actor` is the id of the principal who asks for a change. */
export interface Admin {
  /** A JSON object, as text. */
  configuration(): string;
  limits(): Promise<readonly LimitState[]>;
  audit(after: number, limit: number): Promise<AuditPage>;
  reload(actor: string): Promise<Reloaded>;
  /** Resolves when it has begun. */
  drain(actor: string): Promise<void>;
}

/** The most entries of one answer. */
const entriesMax = 1_000;

export interface AdminOptions {
  readonly admissions: Admissions | undefined;
  readonly isOpen: () => boolean;
}

export function adminHandlers(admin: Admin, { admissions, isOpen }: AdminOptions): AdminHandlers {
  const actorOf = (call: { metadata: grpc.Metadata }): string => {
    // While it starts there is nothing yet to change, and on the way out nothing any more.
    if (!isOpen()) throw new InferError('UNAVAILABLE', 'the gateway is not ready', { reason: 'NOT_READY' });
    return admissions?.principalOf(call.metadata)?.id ?? 'nobody';
  };
  return {
    GetConfiguration: answering(async () => ({ json: admin.configuration() })),
    GetLimits: answering(async () => ({
      limits: (await admin.limits()).map((limit) => ({
        ...limit,
        buckets: limit.buckets.map((bucket) => ({ ...bucket, whose: { ...bucket.whose } })),
      })),
    })),
    ListAudit: answering(async ({ request }) => {
      const { entries, brokenAt = 0 } = await admin.audit(Number(request.after), request.limit || entriesMax);
      return { entries: entries.map(({ at, ...entry }) => ({ ...entry, atMs: at })), brokenAt };
    }),
    Reload: answering(async (call) => {
      const { epoch, changed } = await admin.reload(actorOf(call));
      return { epoch, changed: [...changed] };
    }),
    Drain: answering(async (call) => {
      await admin.drain(actorOf(call));
      return {};
    }),
  };
}

const answering =
  <Request, Response>(
    answer: (call: grpc.ServerUnaryCall<Request, Response>) => Promise<Response>,
  ): grpc.handleUnaryCall<Request, Response> =>
  (call, callback) => {
    answer(call).then(
      (response) => callback(null, response),
      (error: unknown) => callback(toStatus(error)),
    );
  };
