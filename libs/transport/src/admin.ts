/** The Admin service of a gateway's public server. Who may call what is decided before, by the server's `admit`. */
import type * as grpc from '@grpc/grpc-js';
import { InferError } from '@sheaf/inference';
import {
  type KeyOrder,
  type KeyRotation,
  type KeyState,
  keyMessage,
  type NewKey,
  orderOf,
  spanOf,
} from './admin-keys.ts';
import type { AdminHandlers } from './generated/sheaf/admin/v1/Admin.ts';
import type { Breaker } from './generated/sheaf/admin/v1/Breaker.ts';
import type { Admissions } from './server/auth/admission.ts';
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

/** A breaker between the gateway and a service. */
export interface BreakerState {
  readonly service: string;
  /** The address. */
  readonly endpoint: string;
  /** A model or a transform. */
  readonly model: string;
  /** '': whatever the server answers with. */
  readonly version: string;
  /** `closed`, `open`, `half-open`, `forced-open`, `forced-closed`. */
  readonly state: string;
  /** Milliseconds since the epoch: when it came into this state. */
  readonly since: number;
  /** Of the last 10 seconds, as far as they count; none while it is open or forced. */
  readonly calls: number;
  /** Of those, the ones that failed or were slow. */
  readonly failures: number;
  /** Milliseconds since the epoch: when a call may try it; undefined unless it is open by itself. */
  readonly trialAt: number | undefined;
  /** Tenants whose calls alone it does not let through, since it was their calls that failed. */
  readonly shutOut: readonly string[];
}

/** Those breakers for which all holds that is not ''. */
export interface ForceBreakers {
  readonly service: string;
  readonly endpoint: string;
  readonly model: string;
  readonly version: string;
  /** Undefined gives them back to themselves. */
  readonly to: 'open' | 'closed' | undefined;
}

/** A request that ended a process, or may have. */
export interface QuarantinedRequest {
  readonly model: string;
  readonly version: string;
  /** SHA-256, hex, of the model, the version and the inputs. */
  readonly digest: string;
  /** False: it runs alone the next time. */
  readonly refused: boolean;
  /** Milliseconds since the epoch: when it is forgotten. */
  readonly until: number;
}

/** A caller whose calls ended processes, or may have. */
export interface OffenderState {
  readonly service: string;
  /** The id of its principal. */
  readonly caller: string;
  /** How often its calls surely were the reason. */
  readonly ends: number;
  /** Milliseconds since the epoch: until then its calls of this service are refused; undefined: they are not, and run alone. */
  readonly slowedUntil: number | undefined;
  /** Milliseconds since the epoch: when it is forgotten. */
  readonly until: number;
}

export interface Reloaded {
  readonly epoch: number;
  readonly changed: readonly string[];
  /** What is broken, and therefore out or as it was before: a line each. */
  readonly out: readonly string[];
}

/** What a gateway lets be seen and done. `actor` is the id of the principal who asks for a change. */
export interface Admin {
  /** A JSON object, as text. */
  configuration(): string;
  limits(): Promise<readonly LimitState[]>;
  audit(after: number, limit: number): Promise<AuditPage>;
  breakers(): readonly BreakerState[];
  /** Answers those that were meant, as they are then. */
  forceBreakers(which: ForceBreakers, actor: string): Promise<readonly BreakerState[]>;
  quarantine(): readonly QuarantinedRequest[];
  offenders(): readonly OffenderState[];
  /** '' is all of them, and all offenders; answers how many were let go. */
  clearQuarantine(digest: string, actor: string): Promise<number>;
  /** Those that follow the one of this id ('': from the first), the oldest first; at most `limit`. */
  keys(after: string, limit: number): Promise<readonly KeyState[]>;
  createKey(order: KeyOrder, actor: string): Promise<NewKey>;
  rotateKey(id: string, rotation: KeyRotation, actor: string): Promise<NewKey>;
  /** With all of its secrets; answers it as it is then. */
  revokeKey(id: string, actor: string): Promise<KeyState>;
  reload(actor: string): Promise<Reloaded>;
  /** Resolves when it has begun. */
  drain(actor: string): Promise<void>;
}

/** The most entries, or keys, of one answer. */
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
    ListBreakers: answering(async () => ({ breakers: admin.breakers().map(breakerMessage) })),
    ForceBreakers: answering(async ({ service, endpoint, model, version, to }, actor) => {
      const which = { service, endpoint, model, version, to: forcedOf(to) };
      return { breakers: (await admin.forceBreakers(which, actor)).map(breakerMessage) };
    }),
    ListQuarantine: answering(async () => ({
      requests: admin.quarantine().map(({ until, ...request }) => ({ ...request, untilMs: until })),
      offenders: admin.offenders().map(({ until, slowedUntil = 0, ...offender }) => {
        return { ...offender, slowedUntilMs: slowedUntil, untilMs: until };
      }),
    })),
    ClearQuarantine: answering(async ({ digest }, actor) => ({ cleared: await admin.clearQuarantine(digest, actor) })),
    ListKeys: answering(async ({ after, limit }) => {
      if (limit < 0 || limit > entriesMax)
        throw new InferError('INVALID_ARGUMENT', `limit: want 0 to ${entriesMax}, got ${limit}`);
      return { keys: (await admin.keys(after, limit || entriesMax)).map(keyMessage) };
    }),
    CreateKey: answering(async (request, actor) => {
      const { key, text } = await admin.createKey(orderOf(request), actor);
      return { key: keyMessage(key), text };
    }),
    RotateKey: answering(async ({ id, overlapMs, expiresInMs }, actor) => {
      const overlap = spanOf('overlap_ms', overlapMs) ?? 0;
      const rotation = { overlapMs: overlap, expiresInMs: spanOf('expires_in_ms', expiresInMs) };
      const { key, text } = await admin.rotateKey(id, rotation, actor);
      return { key: keyMessage(key), text };
    }),
    RevokeKey: answering(async ({ id }, actor) => ({ key: keyMessage(await admin.revokeKey(id, actor)) })),
    Reload: answering(async (_request, actor) => {
      const { epoch, changed, out } = await admin.reload(actor);
      return { epoch, changed: [...changed], out: [...out] };
    }),
    Drain: answering(async (_request, actor) => {
      await admin.drain(actor);
      return {};
    }),
  };
}

const breakerMessage = ({ since, trialAt = 0, shutOut, ...breaker }: BreakerState): Breaker => ({
  ...breaker,
  shutOut: [...shutOut],
  sinceMs: since,
  trialAtMs: trialAt,
});

function forcedOf(to: unknown): ForceBreakers['to'] {
  if (to === 'OPEN') return 'open';
  if (to === 'CLOSED') return 'closed';
  if (to === 'AUTO') return undefined;
  throw new InferError('INVALID_ARGUMENT', `to: want OPEN, CLOSED or AUTO, got ${to}`);
}
