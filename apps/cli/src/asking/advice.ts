import { InferError } from '@sheaf/inference';
import { UsageError } from '../command.ts';
import type { AskedServer } from './server-options.ts';

/** An error of a server, with what to do about it where that is known, given how it was asked. */
export function withAdvice(error: unknown, asked: AskedServer): unknown {
  if (!(error instanceof InferError)) return error;
  if (error.reason === 'SERVICE_UNAVAILABLE' || (error.code === 'UNAVAILABLE' && error.reason === 'UNAVAILABLE'))
    return new UsageError(`${error.message}; ${connectionAdvice(asked, causeOf(error))}`);
  if (error.code === 'UNAUTHENTICATED') return new UsageError(`${error.message}${credentialAdvice(asked)}`);
  return error;
}

/** A call that ran out of the time that it was given. */
export function withTimeAdvice(error: unknown, timeoutMs: number): unknown {
  return error instanceof InferError && error.code === 'DEADLINE_EXCEEDED'
    ? new UsageError(`${error.message}; it was given ${timeoutMs} ms (--timeout <ms>)`)
    : error;
}

/** The detail that gRPC gives of the last connection. */
const causeOf = ({ cause }: InferError): string => String((cause as { details?: unknown } | undefined)?.details ?? '');

function connectionAdvice({ tls }: AskedServer, cause: string): string {
  if (!tls) return 'is the mesh up? (sheaf up <folder>, or --address <host:port>; --tls where it speaks TLS)';
  // An alert is the server's judgement of us, everything else ours of the server.
  if (/alert/i.test(cause))
    return tls.certificate
      ? 'the server does not take this client certificate (--cert and --cert-key: one that its clientCa has signed)'
      : 'it may want a client certificate (--cert and --cert-key)';
  if (/altnames/i.test(cause)) return 'its certificate is for other names (--address: one of those)';
  if (/expired|not yet valid/i.test(cause)) return 'its certificate is not valid at this time';
  if (/certificate/i.test(cause))
    return tls.ca
      ? 'its certificate is not signed by the authority that was given (--ca)'
      : 'its certificate is signed by nobody known here (--ca <file>: who vouches for the server)';
  // A server that refuses a certificate may end the connection before its alert is read.
  return tls.certificate && !cause.includes('ECONNREFUSED')
    ? 'does the server take this client certificate? (--cert and --cert-key: one that its clientCa has signed)'
    : 'is the mesh up? (sheaf up <folder>, or --address <host:port>; no --tls where it speaks plain gRPC)';
}

/** Says how to show a credential; one that was shown and refused is not asked for again. */
function credentialAdvice({ metadata, tls }: AskedServer): string {
  if (metadata['x-api-key'] === undefined && metadata['authorization'] !== undefined) return '';
  if (metadata['x-api-key'] === undefined && tls?.certificate)
    return ' (identity.certificates of policies.yaml says which ones count)';
  return ' (--key, or SHEAF_API_KEY; sheaf keys create makes one)';
}
