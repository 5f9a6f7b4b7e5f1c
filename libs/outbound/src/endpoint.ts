import { setTimeout } from 'node:timers/promises';
import {
  type Infer,
  InferError,
  type Limits,
  type Load,
  log,
  monotonicClock,
  type OnKept,
  type Overrun,
  type Propagation,
} from '@sheaf/inference';
import type { Pickable } from '@sheaf/routing';
import { createRemote, type Remote, type RemoteTls } from '@sheaf/transport';
import { EndpointLoad } from './endpoint-load.ts';
import type { OutboundService } from './outbound-service.ts';

/** A start waits so long for the first word of an endpoint. */
const firstWordMs = 500;
const askLimitMs = 1_000;
const askAgainMs = 250;

export interface EndpointOptions {
  /** Plain text without. */
  readonly tls?: RemoteTls | undefined;
  /** What it wants of whoever asks, where it is one of ours. */
  readonly secret?: string | undefined;
  /** Whom its requests name, where that is not the target. */
  readonly authority?: string | undefined;
  /** Told of a run for which the endpoint's process ends; more than once. */
  readonly onOverrun?: ((overrun: Overrun) => void) | undefined;
  /** Traces that it is told of, where it is one of ours. */
  readonly onKept?: OnKept | undefined;
  /** In which headers it is told of a trace, where it is somebody else's server. */
  readonly propagation?: Propagation | undefined;
  /** Whether it is asked through the HTTP proxy that the environment names. */
  readonly proxied?: boolean;
  /** Digest of what it has to hold. Undefined: somebody else's server holds whatever it holds. */
  readonly content?: string | undefined;
}

/** One address of a service: how busy it is, and whether it is ready. */
export class Endpoint implements Pickable {
  readonly target: string;
  readonly remote: Remote;
  /** Resolves when it has said for the first time whether it is ready, or has not said so in time. */
  readonly asked: Promise<void>;
  isReady = false;
  /** It holds something else than the mesh serves, and is not to be asked. */
  holdsOther = false;
  /** As its health service says. */
  #serving = false;
  /** How often health has said something else: what was asked before is of another process. */
  #words = 0;
  readonly #unwatch: () => void;
  readonly #load = new EndpointLoad(monotonicClock.now);
  #onIdle: (() => void) | undefined;

  constructor(target: string, service: OutboundService, limits: Limits, { content, ...options }: EndpointOptions = {}) {
    const { name, transport, endpoint, sent } = service;
    this.target = target;
    const onLoad = (load: Load, model: string): void => this.#load.tell(load, model);
    const foreign = endpoint !== undefined;
    this.remote = createRemote(target, { service: name, limits, transport, onLoad, foreign, ...sent, ...options });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.asked = promise;
    void setTimeout(firstWordMs, undefined, { ref: false }).then(resolve);
    this.#unwatch = this.remote.watchReady((serving) => {
      this.#serving = serving;
      this.#words++;
      this.isReady = serving && content === undefined;
      if (serving && content !== undefined) void this.#compare(content, name).then(resolve);
      else resolve();
    });
  }

  get busy(): number {
    return this.#load.busy;
  }

  utilization(model: string): number {
    return this.#load.utilization(model);
  }

  /** Undefined while it has not told. */
  usualMs(model: string, rows: number): number | undefined {
    return this.#load.usualMs(model, rows);
  }

  infer: Infer = async (request, context) => {
    this.#load.begin();
    try {
      return await this.remote.infer(request, context);
    } catch (error) {
      // Nobody else needs to find out. Who has too much to do is there.
      if (error instanceof InferError && error.progress !== 'unknown' && !error.isOverload) void this.#suspect();
      throw error;
    } finally {
      this.#load.end();
      if (this.#load.outstanding === 0) this.#onIdle?.();
    }
  };

  /** Closes when the last call on it has ended. */
  retire(): void {
    this.#leave();
    if (this.#load.outstanding === 0) this.remote.close();
    else this.#onIdle = () => this.remote.close();
  }

  close(): void {
    this.#leave();
    this.remote.close();
  }

  #leave(): void {
    this.#serving = false;
    this.isReady = false;
    this.#unwatch();
  }

  /** Ready once it has said what it holds: a process that was started elsewhere, or from another folder, may hold other weights under the same names. */
  async #compare(want: string, service: string): Promise<void> {
    const words = this.#words;
    while (this.#serving && words === this.#words) {
      try {
        const got = await this.remote.contentDigest(askLimitMs);
        if (words !== this.#words) return;
        const differs = got !== undefined && got !== want;
        if (differs && !this.holdsOther)
          log(
            'endpoint.holds-other',
            `service ${service} at ${this.target} holds other models or other code than this gateway's folder: want ${want}, got ${got}; it is not asked until it is started again with what the folder holds`,
            { service, endpoint: this.target },
          );
        this.holdsOther = differs;
        this.isReady = this.#serving && !differs;
        return;
      } catch {
        await setTimeout(askAgainMs, undefined, { ref: false });
      }
    }
  }

  /** A call was lost, and the watch may have seen nothing: not ready until it answers again. */
  async #suspect(): Promise<void> {
    if (!this.isReady) return;
    this.isReady = false;
    while (this.#serving && !this.isReady) {
      const answers = await this.remote.isServerReady(askLimitMs);
      if (answers) this.isReady = this.#serving && !this.holdsOther;
      else await setTimeout(askAgainMs, undefined, { ref: false });
    }
  }
}
