/**
 * One connection to Redis that nobody ever waits for longer than the budget. What goes wrong (killed, paused, slow) makes it unreachable at once;
 * it is reachable again when it has answered a probe within the budget. What it refuses to count, such as a replica after a failover, is as good as gone:
 * the connection is dropped, as another server may stand behind the name by now. Uses @redis/client for the wire and for reconnecting, nothing more.
 */
import { ConnectionTimeoutError, createClient, ErrorReply } from '@redis/client';
import { type Script, settleScript, takeScript } from './redis-scripts.ts';

/** Commands that wait for an answer. Those that nobody waits for any more count too, until Redis has answered or the connection is gone. */
const pipelinedMax = 2048;
/** How often an unreachable Redis is asked whether it is back. */
const probeMs = 100;
/** A connection that has not answered a probe for so long is given up for a new one: the machine behind it may be gone. */
const staleMs = 3000;
const reconnectMsMax = 500;
/** One that refuses to count is asked again on a new connection after so long. */
const refusedMs = 500;

/** Loaded by the probe, so that they are there when they are needed: one that is sent twice would come after what was sent later. */
const scripts = [takeScript, settleScript];
/** Then the probe counts, as calls do: a replica, or a Redis that is full, would load scripts all the same. Of a bucket that is full again at once. */
const probeArguments = ['', 'take', '0', '', 'rate', '1', '1000000', '1000000'];

export interface ConnectionOptions {
  readonly url: () => string;
  readonly budgetMs: number;
  /** What the probe writes; among the keys of the limits, which may be all that the user may write. */
  readonly probeKey: string;
  /** Told when Redis becomes reachable, or stops to be, or has never been, and why (`codeOf`). */
  readonly onReachable?: ((reachable: boolean, code?: string) => void) | undefined;
}

/** Without user and password, which are asked for anew each time that the client connects. */
const addressIn = (url: string): string => Object.assign(new URL(url), { username: '', password: '' }).href;

function credentialsIn(url: string) {
  const { username, password } = new URL(url);
  return {
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
  };
}

const connect = (url: () => string) =>
  createClient({
    url: addressIn(url()),
    credentialsProvider: { type: 'async-credentials-provider', credentials: async () => credentialsIn(url()) },
    disableOfflineQueue: true,
    commandsQueueMaxLength: pipelinedMax + 16,
    maintNotifications: 'disabled',
    disableClientInfo: true,
    socket: {
      connectTimeout: 1000,
      reconnectStrategy: (retries) => Math.min(reconnectMsMax, 25 * 2 ** Math.min(retries, 8)),
    },
  });

const timeOut = 'ETIMEDOUT';

/** What went wrong, in a word such as ECONNREFUSED, WRONGPASS or READONLY: texts may quote what was sent. */
function codeOf(error: unknown): string {
  if (error instanceof ErrorReply) return codeOfReply(error.message);
  if (error instanceof ConnectionTimeoutError) return timeOut;
  const known = error as NodeJS.ErrnoException;
  return known.code ?? known.constructor.name;
}

/** Of what a script was refused, some versions say it only in the text, and before 7 the word stands inside. */
function codeOfReply(text: string): string {
  const word = /^[A-Z]+/.exec(text)?.[0] ?? 'ERR';
  if (word !== 'ERR') return word;
  if (text.includes('The user executing the script')) return 'NOPERM';
  return /: ?-([A-Z]+) /.exec(text)?.[1] ?? word;
}

export class RedisConnection {
  readonly #options: ConnectionOptions;
  #client: ReturnType<typeof connect>;
  #reachable = false;
  /** Whether anybody knows how it stands. */
  #told = false;
  #open = true;
  #pipelined = 0;
  #probe: NodeJS.Timeout | undefined;
  #probeSentAt: number | undefined;
  /** When it answered last that it does not count; undefined once it was asked on another connection. */
  #refusedAt: number | undefined;
  #doubted = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#client = this.#connect();
    this.#probe = setInterval(() => void this.#ask(), probeMs);
    this.#probe.unref();
  }

  /** Whether it is worth waiting for. */
  get reachable(): boolean {
    return this.#reachable && this.writable;
  }

  /** Whether it can be told something, which it may read later. */
  get writable(): boolean {
    return this.#client.isReady && this.#pipelined < pipelinedMax;
  }

  #connect(): ReturnType<typeof connect> {
    const client = connect(this.#options.url);
    // An error event without a listener would end the process. A stale client's errors say nothing about the new one.
    client.on('error', (error: unknown) => client === this.#client && this.#lose(error));
    client.on('ready', () => client === this.#client && void this.#ask());
    client.connect().catch((error: unknown) => client === this.#client && this.#lose(error));
    return client;
  }

  #lose(cause: unknown): void {
    if ((this.#told && !this.#reachable) || !this.#open) return;
    this.#reachable = false;
    this.#told = true;
    this.#options.onReachable?.(false, codeOf(cause));
  }

  /** Whoever waited for the first answer does not any more. */
  giveUpStart(): void {
    if (!this.#told) this.#lose(new ConnectionTimeoutError());
  }

  /** Asks an unreachable Redis whether it counts, once at a time. */
  async #ask(): Promise<void> {
    if (this.#reachable || !this.#open) return;
    const sentAt = performance.now();
    if (this.#probeSentAt !== undefined) {
      if (sentAt - this.#probeSentAt > staleMs) this.#renew();
      return;
    }
    if (this.#refusedAt !== undefined) {
      if (sentAt - this.#refusedAt > refusedMs) this.#renew();
      return;
    }
    const client = this.#client;
    if (!client.isReady) return;
    this.#probeSentAt = sentAt;
    const failure = await this.#failureOf(client);
    if (client !== this.#client) return;
    this.#probeSentAt = undefined;
    if (failure instanceof ErrorReply) this.#refuse(failure);
    if (failure !== undefined || !this.#open || performance.now() - sentAt > this.#options.budgetMs) return;
    this.#reachable = true;
    this.#told = true;
    this.#options.onReachable?.(true);
  }

  /** A call was refused: by what its own key holds, or because nothing is counted any more. */
  async #doubt(): Promise<void> {
    if (!this.reachable || this.#doubted) return;
    this.#doubted = true;
    const client = this.#client;
    const failure = await this.#failureOf(client);
    this.#doubted = false;
    if (client === this.#client && failure instanceof ErrorReply) this.#refuse(failure);
  }

  #refuse(reply: ErrorReply): void {
    this.#refusedAt = performance.now();
    this.#lose(reply);
  }

  /** Why it does not count; undefined when it does. */
  #failureOf(client: ReturnType<typeof connect>): Promise<unknown> {
    return Promise.all([
      ...scripts.map(({ source }) => client.sendCommand(['SCRIPT', 'LOAD', source])),
      client.sendCommand(['EVALSHA', takeScript.sha, '1', this.#options.probeKey, ...probeArguments]),
    ]).then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  #renew(): void {
    const stale = this.#client;
    this.#probeSentAt = undefined;
    this.#refusedAt = undefined;
    this.#client = this.#connect();
    stale.destroy();
  }

  /** Rejects when there was no answer within the budget; `onLate` gets the one that comes after that. */
  run(script: Script, keys: readonly string[], args: readonly string[], onLate?: (answer: string) => void) {
    return new Promise<string>((resolve, reject) => {
      let late = false;
      const giveUp = () => {
        if (late) return;
        late = true;
        const error = new Error(`Redis has not answered within ${this.#options.budgetMs} ms`);
        this.#lose(new ConnectionTimeoutError());
        reject(error);
      };
      // Timers come before sockets: if it was this process that was busy, the answer lies there and is read before the immediate.
      const timer = setTimeout(() => setImmediate(giveUp), this.#options.budgetMs);
      this.#pipelined++;
      this.#evaluate(script, keys, args)
        .then(
          (answer) => (late ? onLate?.(answer) : resolve(answer)),
          (error: unknown) => {
            if (error instanceof ErrorReply) void this.#doubt();
            reject(error);
          },
        )
        .finally(() => {
          late = true;
          clearTimeout(timer);
          this.#pipelined--;
        });
    });
  }

  async #evaluate({ sha, source }: Script, keys: readonly string[], args: readonly string[]): Promise<string> {
    const client = this.#client;
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return String(await client.sendCommand(['EVALSHA', sha, ...rest]));
    } catch (error) {
      // Redis was started anew, or its scripts were flushed.
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return String(await client.sendCommand(['EVAL', source, ...rest]));
    }
  }

  /** What is on its way may arrive within the budget. */
  async close(): Promise<void> {
    this.#open = false;
    clearInterval(this.#probe);
    const client = this.#client;
    let timer: NodeJS.Timeout | undefined;
    const budget = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#options.budgetMs);
    });
    await Promise.race([client.close().catch(() => {}), budget]);
    clearTimeout(timer);
    client.destroy();
  }
}
