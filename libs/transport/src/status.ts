/** InferError to and from a gRPC status with google.rpc details. */
import type { OutgoingHttpHeaders } from 'node:http2';
import * as grpc from '@grpc/grpc-js';
import { asInferError, type ErrorSubject, InferError, type InferErrorCode } from '@sheaf/inference';
import protobuf from 'protobufjs';
import { protoFile } from './proto.ts';

/** `google.rpc.ErrorInfo.domain` of everything that we refuse. */
const errorDomain = 'sheaf';

const root = new protobuf.Root();
root.resolvePath = (_origin, target) => protoFile(target);
root.loadSync(['google/rpc/status.proto', 'google/rpc/error_details.proto']);

const types = {
  status: root.lookupType('google.rpc.Status'),
  errorInfo: root.lookupType('google.rpc.ErrorInfo'),
  badRequest: root.lookupType('google.rpc.BadRequest'),
  retryInfo: root.lookupType('google.rpc.RetryInfo'),
  resourceInfo: root.lookupType('google.rpc.ResourceInfo'),
  quotaFailure: root.lookupType('google.rpc.QuotaFailure'),
  preconditionFailure: root.lookupType('google.rpc.PreconditionFailure'),
};

/** The detail that says what a refusal is about. */
function subjectDetail(about: ErrorSubject, description: string): RpcStatus['details'][number] {
  switch (about.kind) {
    case 'resource':
      return packed('ResourceInfo', types.resourceInfo, { resourceType: about.type, resourceName: about.name });
    case 'precondition': {
      const { type, subject } = about;
      return packed('PreconditionFailure', types.preconditionFailure, { violations: [{ type, subject, description }] });
    }
    case 'quota': {
      const { subject, metric, id, dimensions, value } = about;
      const quota = { quotaMetric: metric, quotaId: id, quotaDimensions: dimensions, quotaValue: Math.floor(value) };
      return packed('QuotaFailure', types.quotaFailure, { violations: [{ subject, description, ...quota }] });
    }
  }
}

const detailsKey = 'grpc-status-details-bin';
/** What an answer, good or bad, tells beside itself, as it stands on the wire; keys in lower case. */
export type Trailers = ReadonlyMap<string, string>;
export const noTrailers: Trailers = new Map();

export function toMetadata(trailers: Trailers): grpc.Metadata {
  const metadata = new grpc.Metadata();
  for (const [key, value] of trailers) metadata.set(key, value);
  return metadata;
}

/** As grpc-js has it, which our doors answer by as well. */
export const grpcContentType = 'application/grpc+proto';
const decisionKey = 'x-mesh-decision';
const pushbackKey = 'grpc-retry-pushback-ms';
const messageCharsMax = 1024;
/** Header blocks are commonly limited to 8 KiB. */
const violationsMax = 8;

function packed(name: string, type: protobuf.Type, value: object): { type_url: string; value: Uint8Array } {
  return { type_url: `type.googleapis.com/google.rpc.${name}`, value: type.encode(value).finish() };
}

/** A google.rpc.Status as plain data. */
export interface RpcStatus {
  readonly code: number;
  readonly message: string;
  readonly details: { type_url: string; value: Uint8Array }[];
}

/** At most so much of it; a pair of surrogates that the cut goes through is no text any more. */
const cut = (text: string, charsMax: number): string => text.slice(0, charsMax).toWellFormed();

/** What went wrong, as every way out of a door tells it. */
export function toRpcStatus(error: InferError): RpcStatus {
  const { reason, metadata, violations, about, retryAfterMs = -1, retryDelayMs = retryAfterMs } = error;
  if (reason === 'INTERNAL') console.error('internal error:', error.cause);
  const details = [packed('ErrorInfo', types.errorInfo, { reason, domain: errorDomain, metadata })];
  if (violations.length > 0) {
    details.push(packed('BadRequest', types.badRequest, { fieldViolations: violations.slice(0, violationsMax) }));
  }
  if (about) details.push(subjectDetail(about, cut(error.message, messageCharsMax / 4)));
  if (retryDelayMs >= 0) {
    const retryDelay = { seconds: Math.floor(retryDelayMs / 1000), nanos: Math.floor((retryDelayMs % 1000) * 1e6) };
    details.push(packed('RetryInfo', types.retryInfo, { retryDelay }));
  }
  return { code: grpc.status[error.code], message: cut(error.message, messageCharsMax), details };
}

export const rpcStatusBytes = (status: RpcStatus): Uint8Array => types.status.encode(status).finish();

/** Throws on what is no google.rpc.Status. */
export const readRpcStatus = (bytes: Uint8Array): RpcStatus =>
  types.status.toObject(types.status.decode(bytes), { defaults: true, arrays: true }) as RpcStatus;

/** What is told beside the status of an error; `trailers` first. */
function tellBeside({ retryAfterMs, decision }: InferError, trailers: Trailers, tell: Tell): void {
  for (const [key, value] of trailers) tell(key, value);
  if (retryAfterMs !== undefined) tell(pushbackKey, String(Math.ceil(retryAfterMs)));
  if (decision !== undefined) tell(decisionKey, decision);
}
type Tell = (key: string, value: string) => void;

/** What a handler answers with: trailers only, so that clients' retry rules apply. `trailers` are told beside. */
export function toStatus(
  thrown: unknown,
  trailers: Trailers = noTrailers,
): Partial<grpc.StatusObject> & { code: grpc.status; details: string } {
  const error = asInferError(thrown);
  const status = toRpcStatus(error);
  const metadata = new grpc.Metadata();
  tellBeside(error, trailers, (key, value) => metadata.set(key, value));
  metadata.set(detailsKey, Buffer.from(rpcStatusBytes(status)));
  return { code: status.code, details: status.message, metadata };
}

/** The same as the headers of an answer that has nothing else. */
export function toRefusalHeaders(thrown: unknown, trailers: Trailers = noTrailers): OutgoingHttpHeaders {
  const error = asInferError(thrown);
  const status = toRpcStatus(error);
  const headers: OutgoingHttpHeaders = {
    ':status': 200,
    'content-type': grpcContentType,
    'grpc-status': status.code,
    'grpc-message': encodeURI(status.message),
    [detailsKey]: Buffer.from(rpcStatusBytes(status)).toString('base64'),
  };
  tellBeside(error, trailers, (key, value) => {
    headers[key] = value;
  });
  return headers;
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
  const { reason, metadata } = types.errorInfo.toObject(types.errorInfo.decode(info.value)) as Partial<Info>;
  return { reason: reason ?? 'UNKNOWN', metadata: metadata ?? {} };
}
