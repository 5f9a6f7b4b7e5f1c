import { elementCount } from './datatype.ts';
import { type Explanation, explanationSize } from './explanation.ts';
import { randomHex } from './random-ids.ts';
import type { EndedSpan, Span, SpanKind, TraceParent } from './span.ts';
import { rowCount, type Tensor } from './tensor.ts';
import { wallMs } from './wall-clock.ts';

/** Whether a trace is recorded, by its id and by what its caller says of it; undefined where it has none. */
export type Sample = (traceId: string, parent: boolean | undefined) => boolean;

/** Tells those who listen of each trace that is kept though nobody asked for it when it began, by its id; answers what ends that. */
export type OnKept = (listener: (traceId: string) => void) => () => void;

const asParent: Sample = (_, parent) => parent ?? true;

/** What the request pays for one call of a model or transform, as limits count it. */
export interface ChargedCall {
  readonly inputBytes: number;
  readonly elements: number;
  readonly rows: number;
  /** Milliseconds that it took; undefined while it is under way, and where whoever was asked went away with it. */
  ms: number | undefined;
  /** Whoever was asked is sure not to have begun: nothing is owed for it. */
  isWaived: boolean;
}

/** Entries one call may leave; what comes later is counted, not kept. */
export const journalEntriesMax = 1024;

/**
 * What happened to one call, append-only. Spans, trailers, the explanation and metrics are all read from it, so nothing is instrumented twice.
 */
export class Journal {
  readonly #ended: EndedSpan[] = [];
  readonly #charged: ChargedCall[] = [];
  /** Made when it is needed: a call that leaves none has none to pay for. */
  #nested: Map<string, Explanation> | undefined;
  readonly #trailers: Map<string, string>;
  #nestedEntries = 0;
  /** In the order in which they began. A call has few at once: to go through them takes less than a Map. */
  readonly #open: Span[] = [];
  #dropped = 0;
  #onLate: ((span: EndedSpan) => void) | undefined;

  /** `trailers` are what the caller is told beside the answer; whoever answers keeps them. */
  constructor(trailers = new Map<string, string>()) {
    this.#trailers = trailers;
  }

  get spans(): readonly EndedSpan[] {
    return this.#ended;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** Told of each span that ends from now on: the work of a call that was left, or whose time was up, may end after its answer. */
  follow(onLate: (span: EndedSpan) => void): void {
    this.#onLate = onLate;
  }

  /** `sample` decides for all below; without it, whoever is above has. */
  start(
    kind: SpanKind,
    name: string,
    parent: TraceParent | undefined,
    attributes: Span['attributes'] = {},
    sample = asParent,
  ): Span {
    const traceId = parent?.traceId ?? randomHex(16);
    const span = {
      kind,
      name,
      traceId,
      spanId: randomHex(8),
      sampled: sample(traceId, parent?.sampled),
      state: parent?.state,
      parentId: parent?.spanId,
      startMs: wallMs(),
      attributes: { ...attributes },
    };
    this.#open.push(span);
    return span;
  }

  /** Where the work under `root` is now: the ways down to what has begun and not ended, each without `root`. */
  open(root: Span): readonly (readonly Span[])[] {
    const parents = new Set(this.#open.map(({ parentId }) => parentId));
    const byId = new Map(this.#open.map((span) => [span.spanId, span]));
    const wayTo = (span: Span | undefined): readonly Span[] | undefined => {
      if (!span || span.spanId === root.spanId) return span && [];
      const above = wayTo(byId.get(span.parentId ?? ''));
      return above && [...above, span];
    };
    const leaves = this.#open.filter(({ spanId }) => !parents.has(spanId));
    return leaves.flatMap((leaf) => {
      const way = wayTo(leaf);
      return way && way.length > 0 ? [way] : [];
    });
  }

  /** Adds to what is told of a span that has not ended. */
  mark(span: Span, attributes: Span['attributes']): void {
    Object.assign(span.attributes, attributes);
  }

  /** Tells of work elsewhere that a span which has not ended follows from. */
  link(span: Span, links: readonly TraceParent[]): void {
    Object.assign(span, { links });
  }

  /** What has ended already stays as it is. */
  end(span: Span, code = 'OK', message?: string, attributes?: Span['attributes']): void {
    const at = this.#open.findLastIndex(({ spanId }) => spanId === span.spanId);
    if (at === -1) return;
    this.#open.splice(at, 1);
    if (this.#isFull(1)) this.#dropped++;
    else {
      if (attributes) Object.assign(span.attributes, attributes);
      const ended = { ...span, endMs: wallMs(), code, message };
      this.#ended.push(ended);
      this.#onLate?.(ended);
    }
  }

  /** Ends all that has begun and not ended, but for `root`: whoever asked has what it wanted, or has left, and the journal is read before the work ends by itself. */
  abandon(root: Span, code: string): void {
    for (const span of this.#open.toReversed()) if (span.spanId !== root.spanId) this.end(span, code);
  }

  /** What was charged so far, in order. None is left out, however much of the trace is: a request has a bound of its own on the calls that it sets off. */
  get charged(): readonly ChargedCall[] {
    return this.#charged;
  }

  /** A call begins; whoever makes it says how it ended. */
  charge(inputs: readonly Tensor[]): ChargedCall {
    const charge = {
      inputBytes: inputs.reduce((sum, { data }) => sum + data.byteLength, 0),
      elements: inputs.reduce((sum, { shape }) => sum + elementCount(shape), 0),
      rows: rowCount(inputs),
      ms: undefined,
      isWaived: false,
    };
    this.#charged.push(charge);
    return charge;
  }

  /** Tells the caller something beside the answer, as a gRPC trailer; the last of a key counts. Keys in lower case, values printable. */
  tell(key: string, value: string): void {
    this.#trailers.set(key, value);
  }

  /** Keeps what another process told of the work under `span`. */
  nest(span: Span, explanation: Explanation): void {
    const entries = explanationSize(explanation);
    if (this.#isFull(entries)) this.#dropped += entries;
    else {
      this.#nested ??= new Map();
      this.#nested.set(span.spanId, explanation);
      this.#nestedEntries += entries;
    }
  }

  nested({ spanId }: Span): Explanation | undefined {
    return this.#nested?.get(spanId);
  }

  #isFull(more: number): boolean {
    return this.#ended.length + this.#open.length + this.#nestedEntries + more > journalEntriesMax;
  }
}
