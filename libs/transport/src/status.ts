/** InferError to and from a gRPC status with google.rpc details. */
import type { Field } from '@sheaf/http2';
import { asInferError, InferError, type InferErrorCode, parseDecision } from '@sheaf/inference';
import { fromErrorInfoMetadata } from './error-info.ts';
import { secretReason } from './mesh-secret.ts';
import {
  type ErrorInfo,
  encodeRpcStatus,
  errorInfoIn,
  type RpcStatus,
  readRpcStatus,
  statusCode,
  statusMessage,
} from './rpc-status.ts';
import { status, statusName } from './status-codes.ts';

const detailsKey = 'grpc-status-details-bin';
/** What an answer, good or bad, tells beside itself, as it stands on the wire; keys in lower case. */
export type Trailers = ReadonlyMap<string, string>;
export const noTrailers: Trailers = new Map();

const decisionKey = 'x-mesh-decision';
const pushbackKey = 'grpc-retry-pushback-ms';

/** How an answer that is an error says so: as fields of its trailers, or of its headers where it has nothing else. `trailers` are told beside. */
export function statusFields(thrown: unknown, trailers: Trailers = noTrailers): Field[] {
  const error = asInferError(thrown);
  const { retryAfterMs, decision } = error;
  const fields: Field[] = [
    ['grpc-status', String(statusCode(error))],
    ['grpc-message', encodeURI(statusMessage(error))],
    [detailsKey, binaryValue(encodeRpcStatus(error))],
    ...trailers,
  ];
  if (retryAfterMs !== undefined) fields.push([pushbackKey, String(Math.ceil(retryAfterMs))]);
  if (decision !== undefined) fields.push([decisionKey, decision]);
  return fields;
}

/** What is told beside a status. */
export interface StatusHints {
  /** As `grpc-retry-pushback-ms` has it; undefined says nothing. */
  readonly pushbackMs: number | undefined;
  /** As `x-mesh-decision` has it. */
  readonly decision: string | undefined;
}

/** What a status that a service of ours sent on a stream means to us. */
export function fromRpcStatus(
  { code, message, details }: RpcStatus,
  { pushbackMs, decision }: StatusHints,
): InferError {
  const { reason, metadata } = errorInfoIn(details) ?? { reason: 'UNKNOWN', metadata: {} };
  const retryAfterMs = pushbackMs === undefined ? {} : { retryAfterMs: pushbackMs };
  const told = { reason, ...fromErrorInfoMetadata(metadata), decision: parseDecision(decision) };
  return new InferError(codeOf(code), message, { ...told, ...retryAfterMs });
}

/** The value of a key that ends in `-bin`: base64, which gRPC wants without padding. */
export const binaryValue = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

/** A call that failed, as grpc-js tells it, and our own client. */
export interface Failure {
  readonly code: number;
  readonly details: string;
  /** Of the trailers. */
  readonly metadata?: { get(key: string): readonly (string | Buffer)[] };
  /** Whether the server refused it without having looked at it. grpc-js does not say. */
  readonly isRefused?: boolean;
}

/** What a failed call to another service means to us. Texts that grpc-js makes itself may hold addresses and are replaced. */
export function fromStatus(failure: Failure, service: string): InferError {
  const code = codeOf(failure.code);
  const info = errorInfoOf(failure);
  if (info?.reason === secretReason) return wrongSecret(service, failure);
  const pushback = Number(failure.metadata?.get(pushbackKey)[0]);
  const retryAfterMs = Number.isFinite(pushback) ? { retryAfterMs: pushback } : {};
  if (info || fromPeer(failure)) {
    const decision = info && parseDecision(failure.metadata?.get(decisionKey)[0]?.toString());
    const told = info && { reason: info.reason, ...fromErrorInfoMetadata(info.metadata) };
    return new InferError(code, failure.details, { ...told, ...retryAfterMs, decision, cause: failure });
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

/** Our caller's credentials are others, and nothing is wrong with them. */
const wrongSecret = (service: string, cause: Failure): InferError =>
  new InferError('UNAVAILABLE', `service ${service} wants the secret of its mesh, and was shown none or another`, {
    reason: secretReason,
    progress: 'not-begun',
    cause,
  });

const ownWords: Partial<Record<InferErrorCode, string>> = {
  UNAVAILABLE: 'cannot be reached',
  DEADLINE_EXCEEDED: 'did not answer before the deadline',
  RESOURCE_EXHAUSTED: 'answered with a message that is too large, or was sent one',
  CANCELLED: 'saw the call cancelled',
  UNIMPLEMENTED: 'does not implement the method',
};

/** Foreign servers send bare statuses for the caller's mistakes; those texts are theirs to tell. */
const fromPeer = ({ code }: Failure): boolean =>
  code === status.INVALID_ARGUMENT || code === status.NOT_FOUND || code === status.FAILED_PRECONDITION;

function codeOf(code: number): InferErrorCode {
  const name = statusName(code);
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

function errorInfoOf(failure: Failure): ErrorInfo | undefined {
  const [bytes] = failure.metadata?.get(detailsKey) ?? [];
  if (!Buffer.isBuffer(bytes)) return undefined;
  try {
    return errorInfoIn(readRpcStatus(bytes).details);
  } catch {
    return undefined;
  }
}
