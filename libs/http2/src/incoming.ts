/** Carries out the frames of the peer, and finds those that are errors (RFC 9113, 5.1 and 6). An error of a stream resets it; one of the connection is thrown. */
import { ConnectionFault, frameSizeFault, protocolFault } from './connection-fault.ts';
import type { Core } from './core.ts';
import type { FrameSink } from './frame-reader.ts';
import { flags, frameHeaderBytes, frameTypes, int31Max } from './frame-types.ts';
import { HeaderGatherer } from './header-gatherer.ts';
import type { Stream } from './stream.ts';
import { type ErrorCode, errorCodes } from './types.ts';

export class Incoming implements FrameSink {
  readonly #core: Core;
  readonly #gatherer = new HeaderGatherer();
  #isGreeted = false;
  /** The stream whose DATA is coming; undefined where the DATA is dropped. */
  #stream: Stream | undefined;
  /** Bytes of the DATA frame that have come, padding aside. */
  #dataBytes = 0;

  constructor(core: Core) {
    this.#core = core;
  }

  dataBegin(id: number, length: number): void {
    this.#expect(frameTypes.DATA);
    if (id === 0) throw protocolFault('DATA for stream 0');
    const core = this.#core;
    const stream = core.lives.open.get(id);
    this.#dataBytes = 0;
    this.#stream = undefined;
    const fits = core.receiver.take(stream, length);
    if (stream === undefined) this.#forClosed(frameTypes.DATA, id);
    else if (stream.isRemoteEnded) core.lives.resetFaulty(stream, errorCodes.STREAM_CLOSED);
    else if (!fits) core.lives.resetFaulty(stream, errorCodes.FLOW_CONTROL_ERROR);
    else this.#stream = stream;
  }

  dataPart(part: Buffer): void {
    const stream = this.#stream;
    if (stream === undefined || stream.ended !== undefined) return;
    const core = this.#core;
    this.#dataBytes += part.length;
    core.ledger.addUseful(part.length);
    if (stream.bodyLeft >= 0) {
      stream.bodyLeft -= part.length;
      if (stream.bodyLeft < 0) {
        core.lives.resetFaulty(stream, errorCodes.PROTOCOL_ERROR);
        return;
      }
    }
    core.lives.tellData(stream, part);
  }

  dataEnd(_id: number, frameFlags: number, length: number): void {
    const stream = this.#stream;
    const isLast = (frameFlags & flags.END_STREAM) !== 0;
    this.#stream = undefined;
    if (stream !== undefined && isLast) stream.isRemoteEnded = true;
    if (length > 0) this.#core.receiver.handled(stream, length);
    if (stream === undefined) return;
    // Its head belongs to the message, unless there is less of that.
    if (this.#dataBytes >= frameHeaderBytes) this.#core.ledger.addUseful(frameHeaderBytes);
    if (isLast) this.#core.lives.endRemote(stream, undefined);
    else if (this.#dataBytes === 0) this.#core.ledger.addIdleFrame();
  }

  frame(type: number, frameFlags: number, id: number, bytes: Buffer, start: number, end: number): void {
    this.#expect(type, frameFlags);
    switch (type) {
      case frameTypes.HEADERS:
        this.#headers(frameFlags, id, bytes, start, end);
        break;
      case frameTypes.CONTINUATION:
        this.#continuation(frameFlags, id, bytes.subarray(start, end));
        break;
      case frameTypes.PRIORITY:
        this.#priority(id, bytes, start, end);
        break;
      case frameTypes.RST_STREAM:
        this.#reset(id, bytes, start, end);
        break;
      case frameTypes.SETTINGS:
        this.#settings(frameFlags, id, bytes, start, end);
        break;
      case frameTypes.PUSH_PROMISE:
        throw protocolFault('PUSH_PROMISE, which nobody asked for');
      case frameTypes.PING:
        this.#ping(frameFlags, id, bytes, start, end);
        break;
      case frameTypes.GOAWAY:
        this.#goAway(id, bytes, start, end);
        break;
      case frameTypes.WINDOW_UPDATE:
        this.#windowUpdate(id, bytes, start, end);
        break;
      default:
        // Unknown types are for extensions, and passed over.
        this.#core.ledger.addIdleFrame();
    }
  }

  /** SETTINGS come first, and nothing comes within a header block. */
  #expect(type: number, frameFlags = 0): void {
    if (!this.#isGreeted && (type !== frameTypes.SETTINGS || (frameFlags & flags.ACK) !== 0))
      throw protocolFault('want SETTINGS as the first frame');
    if (this.#gatherer.id !== 0 && type !== frameTypes.CONTINUATION)
      throw protocolFault('want CONTINUATION until the header list is whole');
  }

  #headers(frameFlags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (id === 0) throw protocolFault('HEADERS for stream 0');
    let from = start;
    let to = end;
    if ((frameFlags & flags.PADDED) !== 0) {
      if (from === to) throw frameSizeFault('HEADERS are too short for their padding');
      to -= bytes[from++] as number;
      if (to < from) throw protocolFault('the padding of HEADERS is longer than the frame');
    }
    let isSelfDependent = false;
    if ((frameFlags & flags.PRIORITY) !== 0) {
      if (to - from < 5) throw frameSizeFault('HEADERS are too short for their priority');
      isSelfDependent = (bytes.readUInt32BE(from) & int31Max) === id;
      from += 5;
    }
    const isLast = (frameFlags & flags.END_STREAM) !== 0;
    const block = bytes.subarray(from, to);
    if ((frameFlags & flags.END_HEADERS) !== 0) this.#block(id, isLast, isSelfDependent, block);
    else this.#gatherer.begin(id, isLast, isSelfDependent, block);
  }

  #continuation(frameFlags: number, id: number, part: Buffer): void {
    const block = this.#gatherer.continue(id, (frameFlags & flags.END_HEADERS) !== 0, part);
    if (block) this.#block(id, this.#gatherer.isLast, this.#gatherer.isSelfDependent, block);
  }

  #block(id: number, isLast: boolean, isSelfDependent: boolean, block: Buffer): void {
    const core = this.#core;
    const stream = core.lives.open.get(id);
    const isNew = stream === undefined && core.role.isIdle(id);
    if (!stream && !isNew) this.#forClosed(frameTypes.HEADERS, id);
    // Also where nobody reads them, so that the tables of both sides stay the same.
    const headers = core.decoder.decode(block);
    if (isNew) core.role.open({ id, isLast, headers, isSelfDependent, bytes: block.length });
    else if (stream === undefined) return;
    else if (stream.isRemoteEnded) core.lives.resetFaulty(stream, errorCodes.STREAM_CLOSED);
    else if (headers === undefined) core.lives.resetFaulty(stream, errorCodes.ENHANCE_YOUR_CALM);
    else if (isSelfDependent) core.lives.resetFaulty(stream, errorCodes.PROTOCOL_ERROR);
    else {
      core.ledger.addUseful(block.length);
      core.role.headers(stream, headers, isLast);
    }
  }

  #priority(id: number, bytes: Buffer, start: number, end: number): void {
    if (id === 0) throw protocolFault('PRIORITY for stream 0');
    this.#core.ledger.addIdleFrame();
    const isSelfDependent = end - start === 5 && (bytes.readUInt32BE(start) & int31Max) === id;
    if (end - start === 5 && !isSelfDependent) return;
    const stream = this.#core.lives.open.get(id);
    const code = isSelfDependent ? errorCodes.PROTOCOL_ERROR : errorCodes.FRAME_SIZE_ERROR;
    if (!stream) throw new ConnectionFault(code, 'a PRIORITY that is malformed');
    this.#core.lives.resetFaulty(stream, code);
  }

  #reset(id: number, bytes: Buffer, start: number, end: number): void {
    if (id === 0) throw protocolFault('RST_STREAM for stream 0');
    if (end - start !== 4) throw frameSizeFault('RST_STREAM: want 4 bytes');
    const stream = this.#core.lives.open.get(id);
    // A server that gives up calls of ours costs us nothing.
    if (this.#core.role.isServer) this.#core.ledger.addReset();
    if (!stream) {
      this.#forClosed(frameTypes.RST_STREAM, id);
      return;
    }
    this.#core.lives.resetByPeer(stream, bytes.readUInt32BE(start) as ErrorCode);
  }

  #settings(frameFlags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (id !== 0) throw protocolFault(`SETTINGS for stream ${id}`);
    this.#core.ledger.addSettings();
    if ((frameFlags & flags.ACK) !== 0) {
      if (start !== end) throw frameSizeFault('SETTINGS: want nothing in an acknowledgement');
      this.#core.settled();
      return;
    }
    const isFirst = !this.#isGreeted;
    this.#isGreeted = true;
    this.#core.applySettings(bytes, start, end, isFirst);
  }

  #ping(frameFlags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (id !== 0) throw protocolFault(`PING for stream ${id}`);
    if (end - start !== 8) throw frameSizeFault('PING: want 8 bytes');
    if ((frameFlags & flags.ACK) !== 0) {
      this.#core.pings.answered(bytes, start);
      return;
    }
    this.#core.ledger.addPing();
    this.#core.outbox.ping(true, bytes, start);
    this.#core.checkAnswers();
  }

  #goAway(id: number, bytes: Buffer, start: number, end: number): void {
    if (id !== 0) throw protocolFault(`GOAWAY for stream ${id}`);
    if (end - start < 8) throw frameSizeFault('GOAWAY: want 8 bytes or more');
    this.#core.ledger.addIdleFrame();
    const lastStream = bytes.readUInt32BE(start) & int31Max;
    this.#core.role.goAway(bytes.readUInt32BE(start + 4) as ErrorCode, lastStream);
  }

  #windowUpdate(id: number, bytes: Buffer, start: number, end: number): void {
    if (end - start !== 4) throw frameSizeFault('WINDOW_UPDATE: want 4 bytes');
    const core = this.#core;
    core.ledger.addWindowUpdate();
    const increment = bytes.readUInt32BE(start) & int31Max;
    if (id === 0) {
      if (increment === 0) throw protocolFault('WINDOW_UPDATE of 0');
      core.sender.widen(increment);
      return;
    }
    const stream = core.lives.open.get(id);
    if (!stream) this.#forClosed(frameTypes.WINDOW_UPDATE, id);
    else if (increment === 0) core.lives.resetFaulty(stream, errorCodes.PROTOCOL_ERROR);
    else if (!core.sender.widenStream(stream, increment)) core.lives.resetFaulty(stream, errorCodes.FLOW_CONTROL_ERROR);
  }

  /** A frame for a stream that is not open: an error for one that never was, else by how it ended. */
  #forClosed(type: number, id: number): void {
    const core = this.#core;
    if (core.role.isIdle(id)) throw protocolFault(`a frame for stream ${id}, which was not opened`);
    if (type === frameTypes.RST_STREAM) return;
    // A WINDOW_UPDATE that was on its way says nothing wrong, and has a limit of its own.
    if (type === frameTypes.WINDOW_UPDATE) return;
    const closedBy = core.lives.closed.closedBy(id);
    // The frame was on its way when we reset the stream. Bytes of DATA are charged as bytes that do no work.
    if (closedBy === 'own') {
      if (type !== frameTypes.DATA) core.ledger.addIdleFrame();
      return;
    }
    if (closedBy === undefined) {
      if (core.lives.closed.isSkipped(id)) throw protocolFault(`stream ${id} is opened after one with a higher number`);
      throw new ConnectionFault(errorCodes.STREAM_CLOSED, `a frame for stream ${id}, which is closed`);
    }
    core.ledger.addReset();
    core.outbox.reset(id, errorCodes.STREAM_CLOSED);
  }
}
