/** A connection of either role: what it is made of, its streams' lives, and how it ends. Callers of this room see `Http2Connection` of it. */
import type { Duplex } from 'node:stream';
import { ConnectionFault, calmFault } from './connection-fault.ts';
import type { Core } from './core.ts';
import { FrameReader } from './frame-reader.ts';
import { int31Max, settingIds } from './frame-types.ts';
import { CompressionError } from './hpack/compression-error.ts';
import { createHeaderDecoder, type HeaderDecoder } from './hpack/decoder.ts';
import { Incoming } from './incoming.ts';
import { Ledger } from './ledger.ts';
import { connectionDefaults, limits } from './limits.ts';
import { Outbox } from './outbox.ts';
import { Pings } from './pings.ts';
import { Receiver } from './receiver.ts';
import type { Role } from './role.ts';
import { Sender } from './sender.ts';
import { type PeerSettings, peerSettingsDefault, readSettings } from './settings.ts';
import { StallWatch } from './stall-watch.ts';
import { StreamLives } from './stream-lives.ts';
import { startTicking, stopTicking } from './ticker.ts';
import { type ConnectionOptions, type ErrorCode, errorCodes, type HeaderBlock } from './types.ts';

/** A dynamic table of size 0 (RFC 7541, 6.3). */
const emptyTableUpdate = 0x20;

export class Connection implements Core {
  readonly socket: Duplex;
  readonly options: Required<ConnectionOptions>;
  readonly role: Role;
  readonly outbox: Outbox;
  readonly sender: Sender;
  readonly receiver: Receiver;
  readonly ledger: Ledger;
  readonly decoder: HeaderDecoder;
  readonly pings: Pings;
  readonly lives: StreamLives;
  readonly peerSettings: PeerSettings = peerSettingsDefault();
  readonly #reader: FrameReader;
  readonly #stalls: StallWatch;
  goodbye: 'none' | 'leaving' | 'left' = 'none';
  isClosed = false;
  lastReadAtMs: number;
  #isPaused = false;
  #isSettled = false;
  #owesTableUpdate = false;
  readonly #startedAtMs: number;
  /** The time of the first GOAWAY, later that of the end, and after that when the socket last had something to get rid of. */
  #goodbyeAtMs = 0;
  /** It is over with its last stream. */
  #hasEndedWell = false;
  #hasToldClosed = false;

  constructor(socket: Duplex, options: ConnectionOptions, role: (core: Core) => Role) {
    const now = performance.now();
    this.socket = socket;
    this.options = { ...connectionDefaults, ...options };
    this.#startedAtMs = now;
    this.lastReadAtMs = now;
    this.ledger = new Ledger(now);
    this.outbox = new Outbox(
      socket,
      () => this.sender.pump(),
      () => this.#onSpace(),
    );
    this.sender = new Sender(this);
    this.lives = new StreamLives(this);
    this.receiver = new Receiver(this, this.options);
    this.decoder = createHeaderDecoder({
      listBytesMax: this.options.headerListBytesMax,
      fieldsMax: limits.headerFieldsMax,
    });
    this.pings = new Pings(this.outbox, () => this.ledger.addIdleFrame());
    this.#stalls = new StallWatch(this, this.options, now);
    this.#reader = new FrameReader(new Incoming(this));
    this.role = role(this);
  }

  get openStreams(): number {
    return this.lives.open.size;
  }

  /** Says hello, and listens. */
  start(): void {
    const { socket, options } = this;
    if ('setNoDelay' in socket && typeof socket.setNoDelay === 'function') socket.setNoDelay(true);
    this.role.greet();
    this.outbox.settings([
      ...this.role.settings(),
      [settingIds.INITIAL_WINDOW_SIZE, options.streamWindowBytes],
      [settingIds.MAX_HEADER_LIST_SIZE, options.headerListBytesMax],
    ]);
    this.receiver.start();
    // A socket that is closed already emits no 'close' any more.
    if (socket.destroyed) process.nextTick(() => this.#lose(undefined));
    else startTicking(this);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('end', () => this.#lose(undefined));
    socket.on('error', (error: Error) => this.#lose(error.message));
    socket.on('close', () => {
      this.#lose(undefined);
      stopTicking(this);
    });
  }

  goAway(code: ErrorCode = errorCodes.NO_ERROR, debug?: string): void {
    if (this.isClosed || this.goodbye !== 'none') return;
    this.#goodbyeAtMs = performance.now();
    if (code !== errorCodes.NO_ERROR || !this.role.isServer) {
      this.#leave(code, debug);
      return;
    }
    this.goodbye = 'leaving';
    this.outbox.goAway(int31Max, code, debug);
    // When the peer answers, everything has come that it sent before it read the GOAWAY.
    this.pings.ask((isAnswered) => {
      if (isAnswered && this.goodbye === 'leaving') this.#leave(code, debug);
    });
  }

  destroy(code: ErrorCode = errorCodes.NO_ERROR, debug?: string): void {
    this.#end(code, debug, undefined);
  }

  handlerFailed(error: unknown): void {
    try {
      this.role.handlerFailed(error);
    } catch {
      // Whoever is told of errors makes another: there is nobody left to tell.
    }
  }

  sendHeaders(id: number, isLast: boolean, { bytes }: HeaderBlock): void {
    this.outbox.headers(id, isLast, bytes, this.#owesTableUpdate ? emptyTableUpdate : undefined);
    this.#owesTableUpdate = false;
  }

  streamClosed(): void {
    this.role.streamClosed();
    if (this.goodbye === 'left' && this.lives.open.size === 0) this.#end(undefined, undefined, undefined);
  }

  settled(): void {
    if (this.#isSettled) {
      this.ledger.addIdleFrame();
      return;
    }
    this.#isSettled = true;
    this.receiver.settled();
  }

  applySettings(bytes: Buffer, start: number, end: number, isFirst: boolean): void {
    const { peerSettings, sender } = this;
    const { headerTableBytes } = peerSettings;
    readSettings(peerSettings, bytes, start, end, this.role.isServer);
    // Our blocks use no table, but a peer that allows a smaller one wants to be told that it is.
    if (peerSettings.headerTableBytes < headerTableBytes) this.#owesTableUpdate = true;
    const change = peerSettings.streamWindowBytes - sender.streamWindow;
    sender.streamWindow = peerSettings.streamWindowBytes;
    if (change !== 0)
      this.lives.open.forEach((stream) => {
        if (!sender.widenStream(stream, change))
          throw new ConnectionFault(errorCodes.FLOW_CONTROL_ERROR, `the window of stream ${stream.id} is above 2^31-1`);
      });
    this.outbox.settingsAck();
    this.checkAnswers();
    this.role.peerSettingsChanged(isFirst);
  }

  checkAnswers(): void {
    if (this.outbox.isUnread) throw calmFault('answers to SETTINGS and PING that are not read');
  }

  tick(now: number): void {
    if (this.isClosed) {
      this.#linger(now);
      return;
    }
    if (!this.#isSettled && now - this.#startedAtMs >= limits.settingsAckMaxMs) {
      this.#end(errorCodes.SETTINGS_TIMEOUT, 'SETTINGS are not acknowledged', 'SETTINGS are not acknowledged');
      return;
    }
    if (this.goodbye === 'leaving' && now - this.#goodbyeAtMs >= limits.lingerMaxMs) this.#leave(errorCodes.NO_ERROR);
    if (!this.isClosed && this.#stalls.isStalled(now)) this.#fail(calmFault('answers that are not read'));
  }

  #linger(now: number): void {
    // Answers are with the socket: whoever reads them slowly gets all of them.
    const isTaking = this.#hasEndedWell && this.outbox.socketBytes > 0;
    const isOver = isTaking ? this.#stalls.isStalled(now) : now - this.#goodbyeAtMs >= limits.lingerMaxMs;
    if (isOver) this.socket.destroy();
    else if (isTaking) this.#goodbyeAtMs = now;
  }

  #read(chunk: Buffer): void {
    if (this.isClosed) return;
    const now = performance.now();
    this.lastReadAtMs = now;
    try {
      this.ledger.begin(now);
      const from = this.role.readPreface(chunk);
      if (from < 0) return;
      this.#reader.read(chunk, from);
      this.ledger.finish(chunk.length);
    } catch (error) {
      this.#fail(error);
    }
    if (this.#isPaused || this.outbox.pendingBytes <= limits.controlBytesMax || this.isClosed) return;
    this.#isPaused = true;
    this.socket.pause();
  }

  #onSpace(): void {
    if (this.sender.hasReady || this.outbox.isHeldUp) this.outbox.flush();
    if (!this.#isPaused || this.outbox.pendingBytes > limits.controlBytesMax) return;
    this.#isPaused = false;
    this.socket.resume();
  }

  #fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof ConnectionFault) this.#end(error.code, message, message);
    else if (error instanceof CompressionError) this.#end(errorCodes.COMPRESSION_ERROR, message, message);
    else this.#end(errorCodes.INTERNAL_ERROR, undefined, `a fault of our own: ${message}`);
  }

  /** No stream comes in from now on; the connection ends with the last that is open. */
  #leave(code: ErrorCode, debug?: string): void {
    this.goodbye = 'left';
    this.outbox.goAway(this.role.lastPeerId, code, debug);
    if (this.lives.open.size === 0) this.#end(undefined, undefined, undefined);
  }

  /** Ends the connection; no GOAWAY is sent where `code` is undefined. */
  #end(code: ErrorCode | undefined, debug: string | undefined, why: string | undefined): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#goodbyeAtMs = performance.now();
    this.#hasEndedWell = code === undefined;
    this.#reader.stop();
    if (code !== undefined) this.outbox.goAway(this.role.lastPeerId, code, debug);
    this.outbox.end();
    // Bytes that still come are read and dropped: a reset of TCP could overtake the GOAWAY.
    this.socket.resume();
    this.lives.loseAll(code ?? errorCodes.NO_ERROR);
    this.pings.end();
    if (!this.#hasEndedWell) this.#tellClosed(why);
    // The last answers may still be with the socket: a process that ends when its connections are over would take them along.
    else this.socket.once('finish', () => this.#tellClosed(why)).once('close', () => this.#tellClosed(why));
  }

  /** The socket is over, whoever ended it. */
  #lose(why: string | undefined): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#goodbyeAtMs = performance.now();
    this.#reader.stop();
    this.outbox.close();
    this.socket.end();
    this.lives.loseAll(errorCodes.NO_ERROR);
    this.pings.end();
    this.#tellClosed(why);
  }

  #tellClosed(why: string | undefined): void {
    if (this.#hasToldClosed) return;
    this.#hasToldClosed = true;
    try {
      this.role.closed(why);
    } catch (error) {
      this.handlerFailed(error);
    }
  }
}
