import type { Span } from '@sheaf/inference';

const requestIdPattern = /^[\x21-\x7e]{1,128}$/;

/** By which a caller, a log and a trace speak of the same call: the caller's own id, or else the trace's. */
export function tellIds(trailers: Map<string, string>, requestId: string | undefined, { traceId }: Span): void {
  trailers.set('x-request-id', requestId !== undefined && requestIdPattern.test(requestId) ? requestId : traceId);
  trailers.set('x-trace-id', traceId);
}
