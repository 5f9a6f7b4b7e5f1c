export type AttributeValue = string | number | boolean;

/** A W3C trace context. */
export interface TraceParent {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  readonly sampled: boolean;
  /** A `tracestate` that may be handed on; undefined where there is none. */
  readonly state?: string | undefined;
}

export type SpanKind =
  | 'request'
  | 'rules'
  | 'pipeline'
  | 'stage'
  | 'member'
  | 'try'
  /** For a service whose process is started again. */
  | 'wait'
  | 'breaker'
  /** Of no call: work that somebody has submitted before. */
  | 'job'
  /** Of no call: what is told of the audit trail. */
  | 'audit'
  | 'queue'
  | 'run';

/** One stretch of a call's work. */
export interface Span extends TraceParent {
  readonly kind: SpanKind;
  readonly name: string;
  readonly parentId: string | undefined;
  /** Milliseconds since the epoch, fractional. */
  readonly startMs: number;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** Work of other calls that this was done together with, or that it follows from. */
  readonly links?: readonly TraceParent[];
}

export interface EndedSpan extends Span {
  readonly endMs: number;
  /** The gRPC code it ended with. */
  readonly code: string;
  readonly message: string | undefined;
}
