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
  const answering =
    <Request, Response>(
      answer: (request: Request, actor: string) => Promise<Response>,
    ): grpc.handleUnaryCall<Request, Response> =>
    async ({ request, metadata }, callback) => {
      try {
        // While it starts there is nothing yet to look at, and on the way out nothing to change any more.
        if (!isOpen()) throw new InferError('UNAVAILABLE', 'the gateway is not ready', { reason: 'NOT_READY' });
        callback(null, await answer(request, admissions?.principalOf(metadata)?.id ?? 'nobody'));
      } catch (error) {
        callback(toStatus(error));
      }
    };
  return {
    GetConfiguration: answering(async () => ({ json: admin.configuration() })),
    GetLimits: answering(async () => ({
      limits: (await admin.limits()).map((limit) => ({
        ...limit,
        buckets: limit.buckets.map((bucket) => ({ ...bucket, whose: { ...bucket.whose } })),
      })),
    })),
    ListAudit: answering(async (request) => {
      const { entries, brokenAt = 0 } = await admin.audit(Number(request.after), request.limit || entriesMax);
      return { entries: entries.map(({ at, ...entry }) => ({ ...entry, atMs: at })), brokenAt };
    }),
    Reload: answering(async (_request, actor) => {
      const { epoch, changed } = await admin.reload(actor);
      return { epoch, changed: [...changed] };
    }),
    Drain: answering(async (_request, actor) => {
      await admin.drain(actor);
      return {};
    }),
  };
}
