/** In which headers of a call servers tell each other of a trace. */
import type { TraceParent } from './span.ts';
import { formatTraceparent, parseTraceparent } from './trace-context.ts';

/** What servers outside of the mesh write and read; between the processes of a mesh it is always W3C. */
export interface Propagation {
  /** What a caller says of its trace; undefined where it says nothing that is well-formed. `header` answers by a name in lower case. */
  extract(header: (name: string) => string | undefined): TraceParent | undefined;
  /** Writes what a server that is asked is to know. */
  inject(span: TraceParent, headers: Map<string, string>): void;
  /** Whether W3C Baggage is read of callers, and written. */
  readonly hasBaggage: boolean;
}

/** W3C Trace Context and Baggage. */
export const w3cPropagation: Propagation = {
  extract: (header) => parseTraceparent(header('traceparent'), header('tracestate')),
  inject: (span, headers) => {
    headers.set('traceparent', formatTraceparent(span));
    if (span.state) headers.set('tracestate', span.state);
  },
  hasBaggage: true,
};
