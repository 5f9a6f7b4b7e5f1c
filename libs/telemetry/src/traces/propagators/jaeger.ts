/** `uber-trace-id`, as the clients of Jaeger spoke before OpenTelemetry. Their baggage (`uberctx-*`) is not read. */
import { idOf } from './ids.ts';
import type { Propagator } from './propagator.ts';

/** Trace, span, the span before (0: none) and flags, with `:` between, which some write as in a URL. Zeros in front may be left out. */
const pattern = /^([0-9a-f]{1,32})(?::|%3a)([0-9a-f]{1,16})(?::|%3a)[0-9a-f]{0,16}(?::|%3a)([0-9a-f]{1,2})$/i;
/** Debug, which is 2, is never without it. */
const sampledFlag = 1;

export const jaeger: Propagator = {
  extract: (header) => {
    const [, trace = '', span = '', flags = ''] = pattern.exec(header('uber-trace-id') ?? '') ?? [];
    const [traceId, spanId] = [idOf(trace, 32), idOf(span, 16)];
    if (!traceId || !spanId) return undefined;
    return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & sampledFlag) === sampledFlag };
  },
  inject: ({ traceId, spanId, sampled }, headers) =>
    headers.set('uber-trace-id', `${traceId}:${spanId}:0:${sampled ? '01' : '00'}`),
};
