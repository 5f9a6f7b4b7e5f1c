/** What the headers of a call say, read once for each header list: calls of one connection that send the same bytes share it. */
import type { HeaderList } from '@sheaf/http2';
import { type InferError, invalidMetadata } from '@sheaf/inference';
import { readableOf } from '../../headers.ts';

export interface CallHeaders {
  readonly list: HeaderList;
  /** Such as `/inference.GRPCInferenceService/ModelInfer`. */
  readonly path: string;
  /** Undefined: it is a call of gRPC; else the status of HTTP that says what it is not. */
  readonly httpStatus: 405 | 415 | undefined;
  /** What is wrong with its metadata. */
  readonly malformed: InferError | undefined;
  /** Milliseconds that the caller gives it; infinite when it names none. */
  readonly timeoutMs: number;
  /** As `grpc-encoding` has it. */
  readonly encoding: string | undefined;
}

const known = new WeakMap<HeaderList, CallHeaders>();

export function readCallHeaders(list: HeaderList): CallHeaders {
  let headers = known.get(list);
  if (!headers) {
    headers = read(list);
    known.set(list, headers);
  }
  return headers;
}

function read(list: HeaderList): CallHeaders {
  const timeout = list.get('grpc-timeout');
  const isTimeoutWrong = timeout !== undefined && !timeoutPattern.test(timeout);
  const wrong = list.fields.find(([name, value]) => !isGood(name, value));
  return {
    list,
    path: list.get(':path') ?? '',
    httpStatus: httpStatusOf(list),
    malformed: isTimeoutWrong ? timeoutRefusal : wrong && malformedRefusal(wrong[0]),
    timeoutMs: timeout === undefined || isTimeoutWrong ? Number.POSITIVE_INFINITY : millisecondsOf(timeout),
    encoding: list.get('grpc-encoding'),
  };
}

function httpStatusOf(list: HeaderList): 405 | 415 | undefined {
  if (list.get(':method') !== 'POST') return 405;
  return contentTypePattern.test(list.get('content-type') ?? '') ? undefined : 415;
}

/** Messages are protobuf, with or without `+proto`. Other codecs, and gRPC-Web, are not spoken. */
const contentTypePattern = /^application\/grpc(\+proto)?\s*(;|$)/i;

/** Eight digits at most and a unit: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
const timeoutPattern = /^[0-9]{1,8}[HMSmun]$/;
const namePattern = /^:?[a-z0-9_.-]+$/;
const base64Pattern = /^[A-Za-z0-9+/]*={0,2}$/;
/** No control characters. gRPC itself writes printable ASCII only, but ingresses add what HTTP allows: bytes of UTF-8, tabs (RFC 9110, 5.5). */
const valuePattern = /^[\t\x20-\x7e\x80-\xff]*$/;

const unitMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };
const millisecondsOf = (timeout: string): number => Number(timeout.slice(0, -1)) * (unitMs[timeout.slice(-1)] ?? 1);

/** Several -bin values of one name come joined by commas. */
const isGood = (name: string, value: string): boolean =>
  namePattern.test(name) &&
  valuePattern.test(value) &&
  (!name.endsWith('-bin') || value.split(',').every((part) => base64Pattern.test(part.trim())));

const timeoutRefusal = invalidMetadata('grpc-timeout', 'want 1 to 8 digits and a unit of H, M, S, m, u or n');

function malformedRefusal(name: string): InferError {
  const field = namePattern.test(name) ? `metadata "${name.slice(0, 64)}"` : 'metadata';
  const want = name.endsWith('-bin')
    ? 'want base64'
    : 'want a name of a-z, 0-9, "_", "-", "." and a value without control characters';
  return invalidMetadata(field, want);
}

/** A key as text: its values joined by `, `; of what is binary, which comes in base64, the first alone. */
export function metadataOf(list: HeaderList, key: string): string | undefined {
  const value = list.get(key);
  if (value === undefined || !key.endsWith('-bin')) return value && readableOf(value);
  return Buffer.from(value.split(',', 1)[0] ?? '', 'base64').toString();
}
