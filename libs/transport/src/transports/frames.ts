/** The frames of the mesh stream (proto/sheaf/mesh/v1), straight between their bytes and what they say. */
import type { InferError, InferRequest, Load, Overrun } from '@sheaf/inference';
import { encodeRpcStatus, type RpcStatus, readRpcStatus } from '../rpc-status.ts';
import type { Told } from '../status.ts';
import { type Outcome, roughBytes, writeRequest, writeResponse } from '../wire/codec.ts';
import { malformed, WireReader } from '../wire/reader.ts';
import type { WireWriter } from '../wire/writer.ts';

/** The newest version of the protocol that we speak; today the only one. */
export const meshVersion = 1;

export type ClientFrame =
  | { readonly kind: 'hello'; readonly version: number }
  | { readonly kind: 'open'; readonly open: Open }
  | { readonly kind: 'cancel'; readonly call: number };

export interface Open {
  readonly call: number;
  readonly timeoutUs: number;
  readonly traceparent: string;
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
  readonly alone: boolean;
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
  readonly told: Told;
  readonly load: Load | undefined;
}

/** Throws what makes a message invalid; a frame of an unknown kind does. */
export const readClientFrames = (message: Buffer): ClientFrame[] => readFrames(message, readClientFrame);

/** Throws what makes a message invalid; a frame of an unknown kind does. */
export const readServerFrames = (message: Buffer): ServerFrame[] => readFrames(message, readServerFrame);

function readFrames<Frame>(message: Buffer, readFrame: (reader: WireReader) => Frame | undefined): Frame[] {
  const reader = new WireReader(message);
  const frames: Frame[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field !== 1) {
      reader.skip();
      continue;
    }
    let frame: Frame | undefined;
    const outer = reader.enter();
    while (reader.next() !== 0) frame = readFrame(reader) ?? frame;
    reader.leave(outer);
    if (!frame) throw malformed('a frame says nothing');
    frames.push(frame);
  }
  return frames;
}

/** Reads the message that the reader stands at; `read` gets each of its fields. */
function readMessage(reader: WireReader, read: (field: number) => void): void {
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) read(field);
  reader.leave(outer);
}

function readClientFrame(reader: WireReader): ClientFrame | undefined {
  switch (reader.field) {
    case 1:
      return { kind: 'hello', version: readUint(reader) };
    case 2:
      return { kind: 'open', open: readOpen(reader) };
    case 3:
      return { kind: 'cancel', call: readUint(reader) };
    default:
      reader.skip();
      return undefined;
  }
}

/** A message whose field 1 is all that it says. */
function readUint(reader: WireReader): number {
  let value = 0;
  readMessage(reader, (field) => {
    if (field === 1) value = reader.uint32();
    else reader.skip();
  });
  return value;
}

function readOpen(reader: WireReader): Open {
  let [call, timeoutUs, epoch, gateway, priority, traceparent, principal] = [0, 0, 0, 0, 0, '', ''];
  let request: Buffer | undefined;
  let alone = false;
  readMessage(reader, (field) => {
    if (field === 1) call = reader.uint32();
    else if (field === 2) timeoutUs = reader.int64Number();
    else if (field === 3) traceparent = reader.string();
    else if (field === 4) request = reader.bytes();
    else if (field === 5) epoch = reader.int64Number();
    else if (field === 6) principal = reader.string();
    else if (field === 7) priority = reader.uint32();
    else if (field === 8) gateway = reader.uint32();
    else if (field === 9) alone = reader.uint32() !== 0;
    else reader.skip();
  });
  if (!request) throw malformed('an open without a request');
  return { call, timeoutUs, traceparent, request, epoch, gateway, principal, priority, alone };
}

function readServerFrame(reader: WireReader): ServerFrame | undefined {
  switch (reader.field) {
    case 1:
      return { kind: 'hello', hello: readServerHello(reader) };
    case 2:
      return { kind: 'reply', reply: readReply(reader) };
    case 3:
      return { kind: 'goAway', lastCall: readUint(reader) };
    case 4:
      return { kind: 'overrun', overrun: readOverrun(reader) };
    default:
      reader.skip();
      return undefined;
  }
}

function readServerHello(reader: WireReader): ServerHello {
  let [version, callsMax, bytesMax] = [0, 0, 0];
  readMessage(reader, (field) => {
    if (field === 1) version = reader.uint32();
    else if (field === 2) callsMax = reader.uint32();
    else if (field === 3) bytesMax = reader.int64Number();
    else reader.skip();
  });
  return { version, callsMax, bytesMax };
}

function readReply(reader: WireReader): Reply {
  let call = 0;
  let response: Buffer | undefined;
  let status: RpcStatus | undefined;
  let pushbackMs: number | undefined;
  let decision: string | undefined;
  let load: Load | undefined;
  readMessage(reader, (field) => {
    if (field === 1) call = reader.uint32();
    else if (field === 3) response = reader.bytes();
    else if (field === 4) status = readRpcStatus(reader.bytes());
    else if (field === 5) pushbackMs = reader.sint32();
    else if (field === 6) load = readLoad(reader);
    else if (field === 7) decision = reader.string() || undefined;
    else reader.skip();
  });
  return { call, response, status, told: { pushbackMs, decision }, load };
}

function readLoad(reader: WireReader): Load {
  let [calls, fixedMs, rowMs, fullness] = [0, 0, 0, 0];
  readMessage(reader, (field) => {
    if (field === 1) calls = reader.uint32();
    else if (field === 2) fixedMs = reader.float();
    else if (field === 3) rowMs = reader.float();
    else if (field === 4) fullness = reader.float();
    else reader.skip();
  });
  return { calls, fixedMs, rowMs, fullness };
}

function readOverrun(reader: WireReader): Overrun {
  let [run, model, version] = ['', '', ''];
  const [digests, callers]: [string[], string[]] = [[], []];
  readMessage(reader, (field) => {
    if (field === 1) run = reader.string();
    else if (field === 2) model = reader.string();
    else if (field === 3) version = reader.string();
    else if (field === 4) digests.push(reader.string());
    else if (field === 5) callers.push(reader.string());
    else reader.skip();
  });
  return { run, model, version, digests, callers };
}

/** A frame to be written: about the bytes that it takes, and what writes it. */
export interface OutFrame {
  readonly bytes: number;
  readonly write: (writer: WireWriter) => void;
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
  { call, timeoutUs, traceparent, epoch, gateway, principal, priority, alone }: Omit<Open, 'request'>,
  request: InferRequest,
): OutFrame => {
  const bytes = roughBytes(request.inputs);
  return frame(2, bytes + principal.length + 64, (writer) => {
    writer.uint(1, call);
    writer.uint(2, timeoutUs);
    writer.string(3, traceparent);
    writer.uint(5, epoch);
    writer.string(6, principal);
    writer.uint(7, priority);
    writer.uint(8, gateway);
    if (alone) writer.bool(9, true);
    const mark = writer.begin(4, bytes);
    writeRequest(writer, request);
    writer.end(mark);
  });
};

export const cancelFrame = (call: number): OutFrame => frame(3, smallBytes, (writer) => writer.uint(1, call));

export const serverHello = ({ version, callsMax, bytesMax }: ServerHello): OutFrame =>
  frame(1, smallBytes, (writer) => {
    writer.uint(1, version);
    writer.uint(2, callsMax);
    writer.uint(3, bytesMax);
  });

export const replyFrame = (call: number, outcome: Outcome, load: Load | undefined): OutFrame => {
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

function writeLoad(writer: WireWriter, { calls, fixedMs, rowMs, fullness = 0 }: Load): void {
  const mark = writer.begin(6);
  writer.uint(1, calls);
  writer.float(2, fixedMs);
  writer.float(3, rowMs);
  writer.float(4, fullness);
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
