/** Reads the frames of the mesh stream. Of a field that comes more than once the last counts, and nothing is made of the others. */
import type { Load, Overrun } from '@sheaf/inference';
import { readRpcStatus } from '../rpc-status.ts';
import { stepLimits } from '../step-limits.ts';
import { atMost } from '../wire/limit.ts';
import { malformed, WireReader } from '../wire/reader.ts';
import type { ClientFrame, Open, Reply, ServerFrame, ServerHello } from './frames.ts';

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
    atMost('the frames of the message', frames.length + 1, stepLimits.framesMax);
    let frame: Frame | undefined;
    const outer = reader.enter();
    while (reader.next() !== 0) {
      const said = readFrame(reader);
      if (said && frame) throw malformed('a frame says more than one thing');
      frame ??= said;
    }
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
    case 4:
      return { kind: 'kept', traceId: readText(reader) };
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

/** A message whose field 1, a text, is all that it says. */
function readText(reader: WireReader): string {
  let at = 0;
  readMessage(reader, (field) => {
    if (field === 1) at = reader.place();
    else reader.skip();
  });
  return reader.stringAt(at);
}

function readOpen(reader: WireReader): Open {
  let [call, timeoutUs, epoch, gateway, priority, isolated] = [0, 0, 0, 0, 0, 0];
  let [traceparentAt, tracestateAt, baggageAt, principalAt, requestAt] = [0, 0, 0, 0, 0];
  readMessage(reader, (field) => {
    if (field === 1) call = reader.uint32();
    else if (field === 2) timeoutUs = reader.int64Number();
    else if (field === 3) traceparentAt = reader.place();
    else if (field === 4) requestAt = reader.place();
    else if (field === 5) epoch = reader.int64Number();
    else if (field === 6) principalAt = reader.place();
    else if (field === 7) priority = reader.uint32();
    else if (field === 8) gateway = reader.uint32();
    else if (field === 9) isolated = reader.uint32();
    else if (field === 10) tracestateAt = reader.place();
    else if (field === 11) baggageAt = reader.place();
    else reader.skip();
  });
  if (requestAt === 0) throw malformed('an open without a request');
  const principal = reader.stringAt(principalAt);
  atMost('the characters of a principal', principal.length, stepLimits.principalCharsMax);
  return {
    call,
    timeoutUs,
    traceparent: reader.stringAt(traceparentAt),
    tracestate: reader.stringAt(tracestateAt),
    baggage: reader.stringAt(baggageAt),
    request: reader.bytesAt(requestAt),
    epoch,
    gateway,
    principal,
    priority,
    isolated: isolated !== 0,
  };
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
  let [call, responseAt, statusAt, decisionAt] = [0, 0, 0, 0];
  let pushbackMs: number | undefined;
  let load: Load | undefined;
  readMessage(reader, (field) => {
    if (field === 1) call = reader.uint32();
    else if (field === 3) responseAt = reader.place();
    else if (field === 4) statusAt = reader.place();
    else if (field === 5) pushbackMs = reader.sint32();
    else if (field === 6) load = readLoad(reader);
    else if (field === 7) decisionAt = reader.place();
    else reader.skip();
  });
  const response = responseAt === 0 ? undefined : reader.bytesAt(responseAt);
  const status = statusAt === 0 ? undefined : readRpcStatus(reader.bytesAt(statusAt));
  const decision = reader.stringAt(decisionAt) || undefined;
  return { call, response, status, told: { pushbackMs, decision }, load };
}

function readLoad(reader: WireReader): Load {
  let [calls, fixedMs, rowMs, utilization] = [0, 0, 0, 0];
  readMessage(reader, (field) => {
    if (field === 1) calls = reader.uint32();
    else if (field === 2) fixedMs = reader.float();
    else if (field === 3) rowMs = reader.float();
    else if (field === 4) utilization = reader.float();
    else reader.skip();
  });
  return { calls, fixedMs, rowMs, utilization };
}

function readOverrun(reader: WireReader): Overrun {
  let [runAt, modelAt, versionAt] = [0, 0, 0];
  const [digests, callers]: [string[], string[]] = [[], []];
  readMessage(reader, (field) => {
    if (field === 1) runAt = reader.place();
    else if (field === 2) modelAt = reader.place();
    else if (field === 3) versionAt = reader.place();
    else if (field === 4) {
      atMost('the digests of an overrun', digests.length + 1, stepLimits.digestsMax);
      digests.push(reader.stringAt(reader.place()));
    } else if (field === 5) {
      atMost('the callers of an overrun', callers.length + 1, stepLimits.digestsMax);
      callers.push(reader.stringAt(reader.place()));
    } else reader.skip();
  });
  const [run, model, version] = [reader.stringAt(runAt), reader.stringAt(modelAt), reader.stringAt(versionAt)];
  return { run, model, version, digests, callers };
}
