/** What an access log is told of each call of a server: gathered while it runs, told when its stream has closed. */
import { monotonicClock, type Principal } from '@sheaf/inference';

/** A call that has ended; nothing of its tensors, its credential or its metadata but what names it. */
export interface EndedCall {
  /** Such as `/inference.GRPCInferenceService/ModelInfer`. */
  readonly method: string;
  /** Where the connection comes from; '' where it has no address. */
  readonly address: string;
  /** Undefined while nobody knows who it was, as of one that was refused for its credential. */
  readonly principal: Principal | undefined;
  /** As the caller named them; '' where it named none, or was refused before it was read. */
  readonly model: string;
  readonly version: string;
  /** `OK` or another code of gRPC; `HTTP 405` and its like for what was no gRPC; `CANCELLED` where the caller left first. */
  readonly code: string;
  /** Of a refusal, as `google.rpc.ErrorInfo` has it; '' where there is none. */
  readonly reason: string;
  /** Who decided the refusal, as `x-mesh-decision` has it; '' where nobody had to. */
  readonly decision: string;
  /** Of the messages. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** From its headers until its stream closed. */
  readonly ms: number;
  /** '' where it was refused before it had one. */
  readonly traceId: string;
  /** Whether its trace is recorded. */
  readonly sampled: boolean;
}

/** Hears of the calls of a server. Never throws, and never takes long. */
export interface CallLog {
  /** Whether calls that end so are told: nothing is gathered of others. */
  wants(code: string): boolean;
  add(call: EndedCall): void;
}

/** What is known of a call while it runs. */
export interface CallFacts {
  readonly address: string;
  principal: Principal | undefined;
  model: string;
  version: string;
  reason: string;
  decision: string;
  sampled: boolean;
  bytesIn: number;
  bytesOut: number;
}

export const openFacts = (address: string): CallFacts => ({
  address,
  principal: undefined,
  model: '',
  version: '',
  reason: '',
  decision: '',
  sampled: false,
  bytesIn: 0,
  bytesOut: 0,
});

/** Of each call whose stream has closed. `code` as `EndedCall` has it. */
export function tellEnded(log: CallLog, call: TellableCall, code: string): void {
  if (!log.wants(code)) return;
  const { method, facts, openedAt, trailers } = call;
  const traceId = trailers.get('x-trace-id') ?? '';
  log.add({ ...facts, method, code, ms: monotonicClock.now() - openedAt, traceId });
}

interface TellableCall {
  readonly method: string;
  readonly facts: CallFacts;
  readonly openedAt: number;
  readonly trailers: ReadonlyMap<string, string>;
}
