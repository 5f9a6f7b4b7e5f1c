/** InferError to and from a gRPC status with google.rpc details. */
import * as grpc from '@grpc/grpc-js';
import { asInferError, InferError, type InferErrorCode } from '@sheaf/inference';
import protobuf from 'protobufjs';
import { protoFile } from './proto.ts';
import { statusBytes, statusMessage } from './status-bytes.ts';

const root = new protobuf.Root();
root.resolvePath = (_origin, target) => protoFile(target);
root.loadSync(['google/rpc/status.proto', 'google/rpc/error_details.proto']);

const statusType = root.lookupType('google.rpc.Status');
const errorInfoType = root.lookupType('google.rpc.ErrorInfo');

const detailsKey = 'grpc-status-details-bin';
/** What an answer, good or bad, tells beside itself; keys in lower case. */
export type Trailers = ReadonlyMap<string, string>;
export const noTrailers: Trailers = new Map();

export function toMetadata(trailers: Trailers): grpc.Metadata {
  const metadata = new grpc.Metadata();
  for (const [key, value] of trailers) metadata.set(key, value);
  return metadata;
}

const decisionKey = 'x-mesh-decision';
const pushbackKey = 'grpc-retry-pushback-ms';

/** A google.rpc.Status that another service sent, as plain data. */
export interface RpcStatus {
  readonly code: number;
  readonly message: string;
  readonly details: { type_url: string; value: Uint8Array }[];
}

/** Throws on what is no google.rpc.Status. */
export const readRpcStatus = (bytes: Uint8Array): RpcStatus =>
  statusType.toObject(statusType.decode(bytes), { defaults: true, arrays: true }) as RpcStatus;

/** What a handler answers with: trailers only, so that clients' retry rules apply. `trailers` are told beside. */
export function toStatus(
  thrown: unknown,
  trailers: Trailers = noTrailers,
): Partial<grpc.StatusObject> & { code: grpc.status; details: string } {
  const error = asInferError(thrown);
  const metadata = toMetadata(trailers);
  metadata.set(detailsKey, statusBytes(error));
  if (error.retryAfterMs !== undefined) metadata.set(pushbackKey, String(Math.ceil(error.retryAfterMs)));
  if (error.decision !== undefined) metadata.set(decisionKey, error.decision);
  return { code: grpc.status[error.code], details: statusMessage(error), metadata };
}

/** What is told beside a status. */
export interface Told {
  /** As `grpc-retry-pushback-ms` has it; undefined says nothing. */
  readonly pushbackMs: number | undefined;
  /** As `x-mesh-decision` has it. */
  readonly decision: string | undefined;
}

/** What a status that a service of ours sent on a stream means to us. */
export function fromRpcStatus({ code, message, details }: RpcStatus, { pushbackMs, decision }: Told): InferError {
  const info = errorInfoIn(details) ?? { reason: 'UNKNOWN', metadata: {} };
  const retryAfterMs = pushbackMs === undefined ? {} : { retryAfterMs: pushbackMs };
  return new InferError(codeOf(code), message, { ...info, ...retryAfterMs, decision });
}

/** What a failed call to another service means to us. Texts that grpc-js makes itself may hold addresses and are replaced. */
export function fromStatus(failure: grpc.ServiceError, service: string): InferError {
  const code = codeOf(failure.code);
  const info = errorInfoOf(failure);
  const pushback = Number(failure.metadata?.get(pushbackKey)[0]);
  const retryAfterMs = Number.isFinite(pushback) ? { retryAfterMs: pushback } : {};
  if (info || fromPeer(failure)) {
    const decision = info && failure.metadata.get(decisionKey)[0]?.toString();
    return new InferError(code, failure.details, { ...info, ...retryAfterMs, decision, cause: failure });
  }
  return new InferError(
    code,
    ownWords[code] ? `service ${service} ${ownWords[code]}` : `service ${service} failed with ${code}`,
    {
      reason: code === 'UNAVAILABLE' ? 'SERVICE_UNAVAILABLE' : code,
      cause: failure,
    },
  );
}

const ownWords: Partial<Record<InferErrorCode, string>> = {
  UNAVAILABLE: 'cannot be reached',
  DEADLINE_EXCEEDED: 'did not answer before the deadline',
  RESOURCE_EXHAUSTED: 'answered with a message that is too large, or was sent one',
  CANCELLED: 'saw the call cancelled',
  UNIMPLEMENTED: 'does not implement the method',
};

/** Foreign servers send bare statuses for the caller's mistakes; those texts are theirs to tell. */
const fromPeer = ({ code }: grpc.ServiceError): boolean =>
  code === grpc.status.INVALID_ARGUMENT || code === grpc.status.NOT_FOUND || code === grpc.status.FAILED_PRECONDITION;

function codeOf(code: number): InferErrorCode {
  const name = grpc.status[code];
  return name && name in inferCodes ? (name as InferErrorCode) : 'UNKNOWN';
}

const inferCodes: Readonly<Record<InferErrorCode, true>> = {
  CANCELLED: true,
  UNKNOWN: true,
  INVALID_ARGUMENT: true,
  DEADLINE_EXCEEDED: true,
  NOT_FOUND: true,
  PERMISSION_DENIED: true,
  RESOURCE_EXHAUSTED: true,
  FAILED_PRECONDITION: true,
  UNIMPLEMENTED: true,
  INTERNAL: true,
  UNAVAILABLE: true,
  DATA_LOSS: true,
  UNAUTHENTICATED: true,
};

interface Info {
  readonly reason: string;
  readonly metadata: Record<string, string>;
}

function errorInfoOf(failure: grpc.ServiceError): Info | undefined {
  const [bytes] = failure.metadata?.get(detailsKey) ?? [];
  if (!Buffer.isBuffer(bytes)) return undefined;
  try {
    return errorInfoIn(readRpcStatus(bytes).details);
  } catch {
    return undefined;
  }
}

function errorInfoIn(details: RpcStatus['details']): Info | undefined {
  const info = details.find(({ type_url }) => type_url.endsWith('google.rpc.ErrorInfo'));
  if (!info) return undefined;
  const { reason, metadata } = errorInfoType.toObject(errorInfoType.decode(info.value)) as Partial<Info>;
  return { reason: reason ?? 'UNKNOWN', metadata: metadata ?? {} };
}
