/** One connection of a server, from the moment it is accepted: whom it comes from, what it is there for, and when it ends. */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { errorCodes, type HeaderList, InFlight, type ServerConnection } from '@sheaf/http2';
import { monotonicClock, networkOf } from '@sheaf/inference';
import { type Peer, readPeer } from '../auth/peer.ts';
import { plainAddress } from './caller-address.ts';
import { connectionLimits } from './connection-limits.ts';
import type { ConnectionRegistry, Member } from './connection-registry.ts';
import { IdleWatch } from './idle-watch.ts';

/** Of a trusted proxy: whom its calls come from, as their metadata says; undefined where that cannot be told. */
export type ForwardedFor = (headers: HeaderList) => string | undefined;

/** How long a call is waited for. In milliseconds. */
export interface CallPatience {
  readonly arrivalMaxMs: number;
  /** A call that is answered may still send its request for so long; what it sends is dropped. */
  readonly answeredMaxMs: number;
}

/** What a connection knows of a call that came on it. */
export interface ConnectionCall {
  readonly stream: { readonly id: number };
  readonly isClosed: boolean;
  /** Once it was let in: whether it lasts as its caller likes. */
  letInAs: 'long' | 'short' | undefined;
  /** Asked a few times a second: nobody is waited for longer than they may take. `now` is by the monotonic clock, in milliseconds. */
  judge(now: number, patience: CallPatience): void;
}

export interface ConnectionTimes extends CallPatience {
  /** No new calls from then on; give or take a tenth. 0 is for ever. In milliseconds. */
  readonly ageMaxMs: number;
  /** The longest deadline of a call. In milliseconds. */
  readonly deadlineMaxMs: number;
}

export class Connection implements Member {
  readonly socket: Socket;
  /** Until it has a call. */
  readonly idle = new IdleWatch(monotonicClock.now());
  /** Of whoever is connected, or whom a trusted proxy has named for the whole connection; '' where it was over before anybody asked. */
  address: string;
  forwardedFor: ForwardedFor | undefined;
  readonly #registry: ConnectionRegistry;
  readonly #times: ConnectionTimes;
  readonly #calls = new InFlight<ConnectionCall>();
  /** Calls that were let in. */
  readonly #letIn = { long: 0, short: 0 };
  #http2: ServerConnection | undefined;
  #tls: TLSSocket | undefined;
  #peer: { readonly peer: Peer | undefined } | undefined;
  #isLeaving = false;
  #agedAt = Number.POSITIVE_INFINITY;
  #isAged = false;

  constructor(socket: Socket, registry: ConnectionRegistry, times: ConnectionTimes) {
    this.socket = socket;
    this.#registry = registry;
    this.#times = times;
    this.address = plainAddress(socket.remoteAddress ?? '');
  }

  /** HTTP/2 is spoken from now on, over TLS where there is a `tls`. */
  speak(http2: ServerConnection, tls: TLSSocket | undefined): void {
    this.#http2 = http2;
    this.#tls = tls;
    // Not all at once that came at once.
    if (this.#times.ageMaxMs > 0)
      this.#agedAt = monotonicClock.now() + this.#times.ageMaxMs * (0.9 + 0.2 * Math.random());
  }

  /** Whom its certificate names; undefined where it showed none that the server's `clientCa` vouches for. */
  get peer(): Peer | undefined {
    this.#peer ??= { peer: this.#tls?.authorized ? readPeer(this.#tls) : undefined };
    return this.#peer.peer;
  }

  /** The address that a call comes from: behind a proxy that the server trusts, the one that it names. */
  addressOf(headers: HeaderList): string {
    return this.forwardedFor?.(headers) ?? this.address;
  }

  /** Whom a call is counted as, where each may have some of what there is. Undefined: a trusted proxy that does not say whom it asks for. */
  blockOf(caller: string): string | undefined {
    return this.forwardedFor && caller === this.address ? undefined : networkOf(caller);
  }

  enter(call: ConnectionCall): void {
    this.idle.stop();
    this.#calls.set(call.stream.id, call);
  }

  /** It is a call that was let in: there is work for as long as it is open, or a reason to stay, where it may last as its caller likes. */
  letIn(call: ConnectionCall, isLong: boolean): void {
    if (call.isClosed) return;
    call.letInAs = isLong ? 'long' : 'short';
    this.#letIn[call.letInAs]++;
    this.#stand();
  }

  leave(call: ConnectionCall): void {
    this.#calls.delete(call.stream.id);
    if (this.#calls.size === 0) this.idle.start(monotonicClock.now());
    if (!call.letInAs) return;
    this.#letIn[call.letInAs]--;
    // One that has been told to go does not become idle again.
    if (!this.#isLeaving) this.#stand();
  }

  judge(now: number): void {
    // One that is over closes its socket by itself, when its last answer is read.
    if (this.#http2?.isClosed) return;
    this.#calls.forEach((call) => {
      call.judge(now, this.#times);
    });
    if (now >= this.#agedAt) this.#age(now - this.#agedAt);
    else if (this.idle.isOver(now)) this.close();
  }

  /** With a GOAWAY, where there is somebody to hear it; what has been called is answered. */
  close(): void {
    this.#isLeaving = true;
    if (this.#http2) this.#http2.goAway();
    else this.socket.destroy();
  }

  /** At once. */
  cut(): void {
    this.#isLeaving = true;
    if (this.#http2) this.#http2.destroy(errorCodes.NO_ERROR);
    else this.socket.destroy();
  }

  /** As gRPC servers do: it is said first that the connection ends, and calls that were on their way come in. */
  #age(sinceMs: number): void {
    const { arrivalMaxMs, deadlineMaxMs } = this.#times;
    // Streams without an end, such as watches, end here. The deadline of a call begins when its request is there.
    if (sinceMs >= connectionLimits.lingerMaxMs + arrivalMaxMs + deadlineMaxMs) this.cut();
    else if (!this.#isAged) this.close();
    this.#isAged = true;
  }

  #stand(): void {
    const { long, short } = this.#letIn;
    this.#registry.stand(this, short > 0 ? 'working' : long > 0 ? 'staying' : 'idle');
  }
}
