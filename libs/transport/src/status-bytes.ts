/** What went wrong, as google.rpc.Status on the wire. In one pass, since a mesh under load refuses more than it answers. */
import * as grpc from '@grpc/grpc-js';
import type { ErrorSubject, InferError } from '@sheaf/inference';
import { WireWriter } from './wire/writer.ts';

/** `google.rpc.ErrorInfo.domain` of everything that we refuse. */
const errorDomain = 'sheaf';
const messageCharsMax = 1024;
/** Header blocks are commonly limited to 8 KiB. */
const violationsMax = 8;
const bytesGuess = 512;

/** At most so much of it; a pair of surrogates that the cut goes through is no text any more. */
const cut = (text: string, charsMax: number): string =>
  text.length <= charsMax ? text : text.slice(0, charsMax).toWellFormed();

/** The sentence of a status, as long as a header may be. */
export const statusMessage = ({ message }: InferError): string => cut(message, messageCharsMax);

/** The field numbers are those of google/rpc/status.proto and google/rpc/error_details.proto. What we did not foresee is logged. */
export function statusBytes(error: InferError): Buffer {
  const { reason, metadata, violations, about, retryAfterMs = -1, retryDelayMs = retryAfterMs } = error;
  if (reason === 'INTERNAL') console.error('internal error:', error.cause);
  const writer = new WireWriter(bytesGuess);
  writer.uint(1, grpc.status[error.code]);
  writer.string(2, statusMessage(error));
  detail(writer, 'ErrorInfo', () => {
    writer.string(1, reason);
    writer.string(2, errorDomain);
    writeMap(writer, 3, metadata);
  });
  if (violations.length > 0)
    detail(writer, 'BadRequest', () => {
      for (const violation of violations.slice(0, violationsMax))
        message(writer, 1, () => {
          writer.string(1, violation.field);
          writer.string(2, violation.description);
          writer.string(3, violation.reason ?? '');
        });
    });
  if (about) writeSubject(writer, about, cut(error.message, messageCharsMax / 4));
  if (retryDelayMs >= 0)
    detail(writer, 'RetryInfo', () =>
      message(writer, 1, () => {
        writer.uint(1, Math.floor(retryDelayMs / 1000));
        writer.uint(2, Math.floor((retryDelayMs % 1000) * 1e6));
      }),
    );
  return writer.finish();
}

/** The detail that says what a refusal is about. */
function writeSubject(writer: WireWriter, about: ErrorSubject, description: string): void {
  switch (about.kind) {
    case 'resource':
      detail(writer, 'ResourceInfo', () => {
        writer.string(1, about.type);
        writer.string(2, about.name);
      });
      break;
    case 'precondition':
      detail(writer, 'PreconditionFailure', () =>
        message(writer, 1, () => {
          writer.string(1, about.type);
          writer.string(2, about.subject);
          writer.string(3, description);
        }),
      );
      break;
    case 'quota':
      detail(writer, 'QuotaFailure', () =>
        message(writer, 1, () => {
          writer.string(1, about.subject);
          writer.string(2, description);
          writer.string(4, about.metric);
          writer.string(5, about.id);
          writeMap(writer, 6, about.dimensions);
          writer.uint(7, Math.floor(about.value));
        }),
      );
  }
}

/** As google.protobuf.Any. */
function detail(writer: WireWriter, name: string, write: () => void): void {
  message(writer, 3, () => {
    writer.string(1, `type.googleapis.com/google.rpc.${name}`);
    message(writer, 2, write);
  });
}

function message(writer: WireWriter, field: number, write: () => void): void {
  const mark = writer.begin(field);
  write();
  writer.end(mark);
}

function writeMap(writer: WireWriter, field: number, entries: Readonly<Record<string, string>>): void {
  for (const key in entries)
    message(writer, field, () => {
      writer.string(1, key);
      writer.string(2, entries[key] ?? '');
    });
}
