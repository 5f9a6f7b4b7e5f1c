/** The Admin service of another process. */
import type * as grpc from '@grpc/grpc-js';
import type {
  AuditPage,
  BreakerState,
  ForceBreakers,
  LimitState,
  OffenderState,
  QuarantinedRequest,
  Reloaded,
} from './admin.ts';
import {
  type KeyOrder,
  type KeyRotation,
  type KeyState,
  keyState,
  type NewKey,
  newKey,
  orderMessage,
} from './admin-keys.ts';
import { proxyOption } from './client/proxy.ts';
import type { Breaker__Output } from './generated/sheaf/admin/v1/Breaker.ts';
import type { ClearQuarantineResponse__Output } from './generated/sheaf/admin/v1/ClearQuarantineResponse.ts';
import type { CreateKeyResponse__Output } from './generated/sheaf/admin/v1/CreateKeyResponse.ts';
import type { ForceBreakersResponse__Output } from './generated/sheaf/admin/v1/ForceBreakersResponse.ts';
import type { GetConfigurationResponse__Output } from './generated/sheaf/admin/v1/GetConfigurationResponse.ts';
import type { GetLimitsResponse__Output } from './generated/sheaf/admin/v1/GetLimitsResponse.ts';
import type { ListAuditResponse__Output } from './generated/sheaf/admin/v1/ListAuditResponse.ts';
import type { ListBreakersResponse__Output } from './generated/sheaf/admin/v1/ListBreakersResponse.ts';
import type { ListKeysResponse__Output } from './generated/sheaf/admin/v1/ListKeysResponse.ts';
import type { ListQuarantineResponse__Output } from './generated/sheaf/admin/v1/ListQuarantineResponse.ts';
import type { ReloadResponse__Output } from './generated/sheaf/admin/v1/ReloadResponse.ts';
import type { RevokeKeyResponse__Output } from './generated/sheaf/admin/v1/RevokeKeyResponse.ts';
import type { RotateKeyResponse__Output } from './generated/sheaf/admin/v1/RotateKeyResponse.ts';
import { AdminServiceClient } from './proto.ts';
import { fromStatus, toMetadata } from './status.ts';
import { openRemoteTls } from './tls/remote-tls.ts';
import type { RemoteTls } from './tls/tls.ts';

export interface Quarantined {
  readonly requests: readonly QuarantinedRequest[];
  readonly offenders: readonly OffenderState[];
}

/** Each throws InferError. */
export interface AdminClient {
  /** A JSON object, as text. */
  configuration(): Promise<string>;
  limits(): Promise<readonly LimitState[]>;
  audit(after: number, limit: number): Promise<AuditPage>;
  breakers(): Promise<readonly BreakerState[]>;
  /** Answers those that were meant, as they are then. */
  forceBreakers(which: ForceBreakers): Promise<readonly BreakerState[]>;
  quarantine(): Promise<Quarantined>;
  /** '' is all of them; answers how many were let go. */
  clearQuarantine(digest: string): Promise<number>;
  /** All of them, the oldest first. */
  keys(): Promise<readonly KeyState[]>;
  createKey(order: KeyOrder): Promise<NewKey>;
  rotateKey(id: string, rotation: KeyRotation): Promise<NewKey>;
  revokeKey(id: string): Promise<KeyState>;
  reload(): Promise<Reloaded>;
  drain(): Promise<void>;
  close(): void;
}

export interface AdminClientOptions {
  /** Of each call; keys in lower case. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Without it the connection is plain text. */
  readonly tls: RemoteTls | undefined;
  /** Of each call. */
  readonly timeoutMs: number;
}

/** Keys of one question: the most. */
const keysPage = 1_000;
/** A record of a thousand entries may be larger than what a gRPC client takes by itself. */
const messageBytesMax = 64 * 1024 * 1024;

export function createAdminClient(target: string, { metadata, tls, timeoutMs }: AdminClientOptions): AdminClient {
  const secured = openRemoteTls(target, tls);
  const client = new AdminServiceClient(target, secured.credentials, {
    'grpc.max_receive_message_length': messageBytesMax,
    'grpc.enable_retries': 0,
    ...proxyOption(false),
  });
  const sent = toMetadata(new Map(Object.entries(metadata)));
  const ask = <Response>(
    start: (options: grpc.CallOptions, done: grpc.requestCallback<Response>) => unknown,
  ): Promise<Response> =>
    new Promise((resolve, reject) => {
      start({ deadline: Date.now() + timeoutMs }, (error, response) => {
        if (error || !response) reject(fromStatus(error as grpc.ServiceError, target));
        else resolve(response);
      });
    });
  return {
    configuration: async () => {
      const { json } = await ask<GetConfigurationResponse__Output>((options, done) =>
        client.getConfiguration({}, sent, options, done),
      );
      return json;
    },
    limits: async () =>
      (await ask<GetLimitsResponse__Output>((options, done) => client.getLimits({}, sent, options, done))).limits,
    audit: async (after, limit) => {
      const page = await ask<ListAuditResponse__Output>((options, done) =>
        client.listAudit({ after, limit }, sent, options, done),
      );
      const entries = page.entries.map(({ sequence, atMs, ...entry }) => {
        return { ...entry, sequence: Number(sequence), at: Number(atMs) };
      });
      return { entries, brokenAt: Number(page.brokenAt) || undefined };
    },
    breakers: async () => {
      const { breakers } = await ask<ListBreakersResponse__Output>((options, done) =>
        client.listBreakers({}, sent, options, done),
      );
      return breakers.map(breakerState);
    },
    forceBreakers: async ({ to, ...which }) => {
      const forced = forcedStates[to ?? 'auto'];
      const { breakers } = await ask<ForceBreakersResponse__Output>((options, done) =>
        client.forceBreakers({ ...which, to: forced }, sent, options, done),
      );
      return breakers.map(breakerState);
    },
    quarantine: async () => {
      const { requests, offenders } = await ask<ListQuarantineResponse__Output>((options, done) =>
        client.listQuarantine({}, sent, options, done),
      );
      return {
        requests: requests.map(({ untilMs, ...request }) => ({ ...request, until: Number(untilMs) })),
        offenders: offenders.map(({ untilMs, slowedUntilMs, ...offender }) => {
          return { ...offender, slowedUntil: Number(slowedUntilMs) || undefined, until: Number(untilMs) };
        }),
      };
    },
    clearQuarantine: async (digest) => {
      const { cleared } = await ask<ClearQuarantineResponse__Output>((options, done) =>
        client.clearQuarantine({ digest }, sent, options, done),
      );
      return cleared;
    },
    keys: async () => {
      const all: KeyState[] = [];
      for (;;) {
        const after = all.at(-1)?.id ?? '';
        const { keys } = await ask<ListKeysResponse__Output>((options, done) =>
          client.listKeys({ after, limit: keysPage }, sent, options, done),
        );
        all.push(...keys.map(keyState));
        if (keys.length < keysPage) return all;
      }
    },
    createKey: async (order) =>
      newKey(
        await ask<CreateKeyResponse__Output>((options, done) =>
          client.createKey(orderMessage(order), sent, options, done),
        ),
      ),
    rotateKey: async (id, { overlapMs, expiresInMs = 0 }) =>
      newKey(
        await ask<RotateKeyResponse__Output>((options, done) =>
          client.rotateKey({ id, overlapMs, expiresInMs }, sent, options, done),
        ),
      ),
    revokeKey: async (id) => {
      const { key } = await ask<RevokeKeyResponse__Output>((options, done) =>
        client.revokeKey({ id }, sent, options, done),
      );
      return keyState(key);
    },
    reload: async () => {
      const { epoch, changed, out } = await ask<ReloadResponse__Output>((options, done) =>
        client.reload({}, sent, options, done),
      );
      return { epoch: Number(epoch), changed, out };
    },
    drain: async () => {
      await ask((options, done) => client.drain({}, sent, options, done));
    },
    close: () => {
      client.close();
      secured.close();
    },
  };
}

const forcedStates = { open: 'OPEN', closed: 'CLOSED', auto: 'AUTO' } as const;

const breakerState = ({ sinceMs, trialAtMs, ...breaker }: Breaker__Output): BreakerState => ({
  ...breaker,
  since: Number(sinceMs),
  trialAt: Number(trialAtMs) || undefined,
});
