/** The frames of the mesh stream (proto/sheaf/mesh/v1), straight between their bytes and what they say. */
import type { InferError, InferRequest, Load, Overrun } from '@sheaf/inference';
import { encodeRpcStatus, type RpcStatus } from '../rpc-status.ts';
import type { StatusHints } from '../status.ts';
import { type InferResult, roughBytes, writeRequest, writeResponse } from '../wire/codec.ts';
import type { WireWriter } from '../wire/writer.ts';

/** The newest version of the protocol that we speak. In the first nobody tells of traces that are kept. */
export const meshVersion = 2;

export type ClientFrame =
  | { readonly kind: 'hello'; readonly version: number }
  | { readonly kind: 'open'; readonly open: Open }
  | { readonly kind: 'cancel'; readonly call: number }
  | { readonly kind: 'kept'; readonly traceId: string };

export interface Open {
  readonly call: number;
  readonly timeoutUs: number;
  readonly traceparent: string;
  /** '' where there is none, as with `baggage`. */
  readonly tracestate: string;
  readonly baggage: string;
  /** A ModelInferRequest. */
  readonly request: Buffer;
  /** 0: the configuration in force. */
  readonly epoch: number;
  /** 1 and on; 0: there is one. */
  readonly gateway: number;
  /** A principal as JSON, or ''. */
  readonly principal: string;
  /** 1 and on: the place among the priorities; 0: nothing is said. */
  readonly priority: number;
  /** It is to run in a batch of its own. */
  readonly isolated: boolean;
}

export type ServerFrame =
  | { readonly kind: 'hello'; readonly hello: ServerHello }
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'goAway'; readonly lastCall: number }
  | { readonly kind: 'overrun'; readonly overrun: Overrun };

export interface ServerHello {
  readonly version: number;
  readonly callsMax: number;
  readonly bytesMax: number;
}

export interface Reply {
  readonly call: number;
  /** A ModelInferResponse. */
  readonly response: Buffer | undefined;
  readonly status: RpcStatus | undefined;
  readonly told: StatusHints;
  readonly load: Load | undefined;
}

/** A frame to be written: about the bytes that it takes, and what writes it. */
export interface OutFrame {
  readonly bytes: number;
  readonly write: (writer: WireWriter) => void;
  /** Called when it has left the process. */
  readonly onSent?: () => void;
}

const frame = (kind: number, bytes: number, write: (writer: WireWriter) => void): OutFrame => ({
  bytes,
  write: (writer) => {
    const outer = writer.begin(1, bytes);
    const inner = writer.begin(kind, bytes);
    write(writer);
    writer.end(inner);
    writer.end(outer);
  },
});

const smallBytes = 32;
/** A SHA-256 in hex, and what is around it. */
const digestBytes = 66;

export const clientHello = frame(1, smallBytes, (writer) => writer.uint(1, meshVersion));

export const openFrame = (
  { call, timeoutUs, traceparent, tracestate, baggage, ...open }: Omit<Open, 'request'>,
  request: InferRequest,
): OutFrame => {
  const { epoch, gateway, principal, priority, isolated } = open;
  const bytes = roughBytes(request.inputs);
  return frame(2, bytes + principal.length + tracestate.length + baggage.length + 64, (writer) => {
    writer.uint(1, call);
    writer.uint(2, timeoutUs);
    writer.string(3, traceparent);
    writer.uint(5, epoch);
    writer.string(6, principal);
    writer.uint(7, priority);
    writer.uint(8, gateway);
    if (isolated) writer.bool(9, true);
    writer.string(10, tracestate);
    writer.string(11, baggage);
    const mark = writer.begin(4, bytes);
    writeRequest(writer, request);
    writer.end(mark);
  });
};

export const cancelFrame = (call: number): OutFrame => frame(3, smallBytes, (writer) => writer.uint(1, call));

export const keptFrame = (traceId: string): OutFrame => frame(4, 2 * smallBytes, (writer) => writer.string(1, traceId));

export const serverHello = ({ version, callsMax, bytesMax }: ServerHello): OutFrame =>
  frame(1, smallBytes, (writer) => {
    writer.uint(1, version);
    writer.uint(2, callsMax);
    writer.uint(3, bytesMax);
  });

export const replyFrame = (call: number, outcome: InferResult, load: Load | undefined): OutFrame => {
  const bytes = roughBytes(outcome.response.outputs);
  return frame(2, bytes, (writer) => {
    writer.uint(1, call);
    writer.bool(2, true);
    const mark = writer.begin(3, bytes);
    writeResponse(writer, outcome);
    writer.end(mark);
    if (load) writeLoad(writer, load);
  });
};

function writeLoad(writer: WireWriter, { calls, fixedMs, rowMs, utilization = 0 }: Load): void {
  const mark = writer.begin(6);
  writer.uint(1, calls);
  writer.float(2, fixedMs);
  writer.float(3, rowMs);
  writer.float(4, utilization);
  writer.end(mark);
}

export const statusFrame = (call: number, error: InferError, load: Load | undefined): OutFrame => {
  const { retryAfterMs, decision = '' } = error;
  const bytes = encodeRpcStatus(error);
  return frame(2, bytes.length + decision.length + 2 * smallBytes, (writer) => {
    writer.uint(1, call);
    writer.bool(2, true);
    writer.bytes(4, bytes);
    if (retryAfterMs !== undefined) writer.sint32(5, retryAfterMs);
    if (load) writeLoad(writer, load);
    writer.string(7, decision);
  });
};

export const goAwayFrame = (lastCall: number): OutFrame => frame(3, smallBytes, (writer) => writer.uint(1, lastCall));

export const overrunFrame = ({ run, model, version, digests, callers }: Overrun): OutFrame =>
  frame(4, 2 * smallBytes + model.length + (digests.length + callers.length) * digestBytes, (writer) => {
    writer.string(1, run);
    writer.string(2, model);
    writer.string(3, version);
    for (const digest of digests) writer.element(4, digest);
    for (const caller of callers) writer.element(5, caller);
  });
