/** google.rpc.Status and its details: written by us, since protobufjs takes 6 to 9 % more of a refusal, and read by us, since it makes an object of every detail. */
import { type ErrorSubject, type InferError, log, type QuotaSubject } from '@sheaf/inference';
import { toErrorInfoMetadata } from './error-info.ts';
import { type StatusCode, status } from './status-codes.ts';
import { stepLimits } from './step-limits.ts';
import { WireReader } from './wire/reader.ts';
import { WireWriter } from './wire/writer.ts';

/** `google.rpc.ErrorInfo.domain` of everything that we refuse. */
const errorDomain = 'sheaf';
const messageCharsMax = 1024;
/** Header blocks are commonly limited to 8 KiB. */
const violationsMax = 8;

/** About what they take. */
const statusBytes = 512;
const quotaBytes = 256;

const typeUrls = {
  ErrorInfo: 'type.googleapis.com/google.rpc.ErrorInfo',
  BadRequest: 'type.googleapis.com/google.rpc.BadRequest',
  ResourceInfo: 'type.googleapis.com/google.rpc.ResourceInfo',
  PreconditionFailure: 'type.googleapis.com/google.rpc.PreconditionFailure',
  QuotaFailure: 'type.googleapis.com/google.rpc.QuotaFailure',
  RetryInfo: 'type.googleapis.com/google.rpc.RetryInfo',
} as const;

/** At most so much of it; a pair of surrogates that the cut goes through is no text any more. */
const cut = (text: string, charsMax: number): string =>
  text.length <= charsMax ? text : text.slice(0, charsMax).toWellFormed();

export const statusCode = ({ code }: InferError): StatusCode => status[code];

export const statusMessage = ({ message }: InferError): string => cut(message, messageCharsMax);

/** What went wrong, as every way out of a server tells it. */
export function encodeRpcStatus(error: InferError): Buffer {
  const { reason, violations, about, retryAfterMs = -1, retryDelayMs = retryAfterMs } = error;
  if (reason === 'INTERNAL') log('call.internal-error', 'internal error', {}, error.cause);
  const writer = new WireWriter(statusBytes);
  writer.uint(1, statusCode(error));
  writer.string(2, statusMessage(error));
  detail(writer, 'ErrorInfo', () => {
    writer.string(1, reason);
    writer.string(2, errorDomain);
    writeMap(writer, 3, toErrorInfoMetadata(error));
  });
  if (violations.length > 0)
    detail(writer, 'BadRequest', () => {
      for (const { field, description, reason = '' } of violations.slice(0, violationsMax))
        within(writer, 1, () => {
          writer.string(1, field);
          writer.string(2, description);
          writer.string(3, reason);
        });
    });
  if (about) writeSubject(writer, about, cut(error.message, messageCharsMax / 4));
  if (retryDelayMs >= 0)
    detail(writer, 'RetryInfo', () =>
      within(writer, 1, () => {
        writer.uint(1, Math.floor(retryDelayMs / 1000));
        writer.uint(2, Math.floor((retryDelayMs % 1000) * 1e6));
      }),
    );
  return writer.finish();
}

/** The detail that says what a refusal is about. */
function writeSubject(writer: WireWriter, about: ErrorSubject, description: string): void {
  if (about.kind === 'resource')
    detail(writer, 'ResourceInfo', () => {
      writer.string(1, about.type);
      writer.string(2, about.name);
    });
  else if (about.kind === 'precondition')
    detail(writer, 'PreconditionFailure', () =>
      within(writer, 1, () => {
        writer.string(1, about.type);
        writer.string(2, about.subject);
        writer.string(3, description);
      }),
    );
  else writer.bytes(3, quotaDetail(about));
}

/** Limits hand in the same object for each call that they refuse: what is told of it is written once. */
const quotaDetails = new WeakMap<QuotaSubject, Buffer>();

function quotaDetail(about: QuotaSubject): Buffer {
  const known = quotaDetails.get(about);
  if (known) return known;
  const { subject, metric, id, dimensions } = about;
  const value = Math.floor(about.value);
  const writer = new WireWriter(quotaBytes);
  writer.string(1, typeUrls.QuotaFailure);
  within(writer, 2, () =>
    within(writer, 1, () => {
      writer.string(1, subject);
      writer.string(2, `${id}: at most ${value} ${metric} of ${subject}`);
      writer.string(4, metric);
      writer.string(5, id);
      writeMap(writer, 6, dimensions);
      writer.uint(7, value);
    }),
  );
  const written = writer.finish();
  quotaDetails.set(about, written);
  return written;
}

function detail(writer: WireWriter, type: keyof typeof typeUrls, write: () => void): void {
  const url = typeUrls[type];
  const writeAny = (): void => {
    writer.string(1, url);
    within(writer, 2, write);
  };
  within(writer, 3, writeAny, url.length);
}

/** `bytes` is a guess of what is written; a wrong one costs a copy. */
function within(writer: WireWriter, field: number, write: () => void, bytes = 0): void {
  const mark = writer.begin(field, bytes);
  write();
  writer.end(mark);
}

function writeMap(writer: WireWriter, field: number, map: Readonly<Record<string, string>>): void {
  for (const key in map)
    within(writer, field, () => {
      writer.string(1, key);
      writer.string(2, map[key] as string);
    });
}

/** A google.rpc.Status as plain data. */
export interface RpcStatus {
  readonly code: number;
  readonly message: string;
  /** The first `stepLimits.statusDetailsMax`. */
  readonly details: readonly { readonly type_url: string; readonly value: Uint8Array }[];
}

/** Throws on what is no google.rpc.Status. */
export function readRpcStatus(bytes: Buffer): RpcStatus {
  const reader = new WireReader(bytes);
  let [code, messageAt, count] = [0, 0, 0];
  const details: { type_url: string; value: Uint8Array }[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) code = reader.uint32() | 0;
    else if (field === 2) messageAt = reader.place();
    else if (field === 3 && ++count <= stepLimits.statusDetailsMax) {
      const [type, value] = readTwo(reader);
      details.push({ type_url: reader.stringAt(type), value: reader.bytesAt(value) });
    } else reader.skip();
  }
  return { code, message: reader.stringAt(messageAt), details };
}

export interface ErrorInfo {
  readonly reason: string;
  readonly metadata: Record<string, string>;
}

/** Undefined where the details have none; throws on one that is none. */
export function errorInfoIn(details: RpcStatus['details']): ErrorInfo | undefined {
  const info = details.find(({ type_url }) => type_url.endsWith('google.rpc.ErrorInfo'));
  if (!info) return undefined;
  const { buffer, byteOffset, byteLength } = info.value;
  const reader = new WireReader(Buffer.from(buffer, byteOffset, byteLength));
  let [reasonAt, count] = [0, 0];
  const metadata = new Map<string, string>();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) reasonAt = reader.place();
    else if (field === 3 && ++count <= stepLimits.statusMetadataMax) {
      const [key, value] = readTwo(reader);
      metadata.set(reader.stringAt(key), reader.stringAt(value));
    } else reader.skip();
  }
  return { reason: reader.stringAt(reasonAt) || 'UNKNOWN', metadata: Object.fromEntries(metadata) };
}

/** The places of the fields 1 and 2 of the message that the reader stands at: a name and what it stands for. */
function readTwo(reader: WireReader): readonly [number, number] {
  let [first, second] = [0, 0];
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) first = reader.place();
    else if (field === 2) second = reader.place();
    else reader.skip();
  }
  reader.leave(outer);
  return [first, second];
}
