import type { ChildProcess } from 'node:child_process';
import type {
  ControlledMessage,
  ControlMessage,
  LevelsMessage,
  LoadingMessage,
  LogCountsMessage,
  OutagesMessage,
  ProcessMessage,
  SeenModel,
  Unserved,
  Vitals,
  WorkersMessage,
} from '@sheaf/host';
import { asInferError } from '@sheaf/inference';
import { CrashWatch } from '../crash-loop/crash-watch.ts';
import { end, ready, reload, start, steer, vitals } from './child.ts';
import { freePort } from './free-port.ts';
import type { ProcessSpec, Supervised, Taken } from './supervised.ts';

/** Starts a process, answers when it is ready, and starts it again whenever it ends by itself. Throws when the first start fails, unless it is patient. */
export async function supervise(spec: ProcessSpec): Promise<Supervised> {
  spec.startSignal?.throwIfAborted();
  return new SupervisedProcess(spec, await startFirst(spec));
}

/** The outcome of a first start. */
interface FirstStart {
  readonly child: ChildProcess;
  readonly port: number;
  readonly unserved: readonly Unserved[];
  readonly seen: readonly SeenModel[];
  readonly notices: readonly string[];
  /** Why it failed, where the process is to be tried again. */
  readonly failure: string | undefined;
}

async function startFirst(spec: ProcessSpec): Promise<FirstStart> {
  const { startSignal, isPatient = false } = spec;
  const child = start(spec, spec.port);
  const giveUp = (): void => void child.kill('SIGTERM');
  startSignal?.addEventListener('abort', giveUp);
  try {
    return { child, ...(await ready(child, spec)), failure: undefined };
  } catch (error) {
    await end(child, spec, { isReady: false, notice: true });
    if (!isPatient || startSignal?.aborted) throw error;
    // Who asks it has to know now where it will be.
    return {
      child,
      port: spec.port || (await freePort()),
      unserved: [],
      seen: [],
      notices: [],
      failure: sentence(error),
    };
  } finally {
    startSignal?.removeEventListener('abort', giveUp);
  }
}

/** A process says these before it ends. */
interface LastWords {
  /** Whether somebody else than its supervisor has told it to end. */
  isLeaving: boolean;
  /** Why it ends, for everybody to read. */
  reason: string;
  /** Why it failed to start, for the log. */
  why: string;
}

class SupervisedProcess implements Supervised {
  readonly port: number;
  readonly #spec: ProcessSpec;
  readonly #crashes: CrashWatch;
  #child: ChildProcess;
  /** Whoever ends it has it started again, or not. */
  #leaver: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isReady: boolean;
  #isStopping = false;
  #loaded: Pick<FirstStart, 'unserved' | 'seen' | 'notices'>;
  #failure: string | undefined;

  constructor(spec: ProcessSpec, first: FirstStart) {
    const { name, onEvent, onLoop = () => {} } = spec;
    this.#spec = spec;
    this.#child = first.child;
    this.port = first.port;
    this.#loaded = first;
    this.#failure = first.failure;
    this.#isReady = first.failure === undefined;
    this.#crashes = new CrashWatch({ name, onEvent, onLoop });
    if (first.failure === undefined) this.#watch();
    else {
      this.#crashes.started();
      this.#startLater('a start that failed', first.failure);
    }
  }

  get name(): string {
    return this.#spec.name;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  get unserved(): readonly Unserved[] {
    return this.#loaded.unserved;
  }

  get seen(): readonly SeenModel[] {
    return this.#loaded.seen;
  }

  get notices(): readonly string[] {
    return this.#loaded.notices;
  }

  get failure(): string | undefined {
    return this.#failure;
  }

  async reload(what: unknown): Promise<Taken> {
    // A process that still starts does not hear it.
    if (!this.#isReady) throw new Error(`${this.name} is not running`);
    return reload(this.#child, this.name, what);
  }

  async steer(what: unknown): Promise<void> {
    if (!this.#isReady) throw new Error(`${this.name} is not running`);
    await steer(this.#child, this.name, what);
  }

  vitals(): Promise<Vitals> {
    return vitals(this.#child, this.name);
  }

  tell(
    message: OutagesMessage | LevelsMessage | LoadingMessage | LogCountsMessage | ControlledMessage | WorkersMessage,
  ): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  async restart(): Promise<void> {
    clearTimeout(this.#timer);
    this.#leaver = this.#child;
    await end(this.#child, this.#spec, { isReady: this.#isReady, notice: true });
    await this.#startAgain();
  }

  async stop(notice = false): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    this.#crashes.stop();
    await end(this.#child, this.#spec, { isReady: this.#isReady, notice });
  }

  kill(): void {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    this.#crashes.stop();
    this.#child.kill('SIGKILL');
  }

  #watch(): void {
    const own = this.#child;
    const words: LastWords = { isLeaving: false, reason: '', why: '' };
    own.on('message', (message: ProcessMessage) => this.#hear(message, words));
    own.once('exit', (code, signal) => this.#ended(own, signal ?? `exit code ${code}`, words));
    // A process that could not be started has no exit.
    own.on('error', ({ message }) => {
      if (own.pid === undefined) this.#ended(own, message, words);
    });
  }

  #hear(message: ProcessMessage, words: LastWords): void {
    const { onReread, onRefused, onLevels } = this.#spec;
    if (message.kind === 'levels') onLevels?.(message.change);
    if (message.kind === 'control') void this.#control(message);
    if (message.kind === 'leaving') words.isLeaving = true;
    if (message.kind === 'reread') onReread?.(message.what);
    if (message.kind === 'ending') words.reason = message.why;
    if (message.kind === 'failed') {
      words.why = message.message;
      onRefused?.(message.reason, message.message);
    }
  }

  async #control({ id, control }: ControlMessage): Promise<void> {
    try {
      await this.#spec.onControl?.(control);
      this.tell({ kind: 'controlled', id });
    } catch (error) {
      const { code, message } = asInferError(error);
      this.tell({ kind: 'controlled', id, problem: { code, message } });
    }
  }

  #ended(own: ChildProcess, how: string, { isLeaving, reason, why }: LastWords): void {
    this.#isReady = false;
    if (this.#isStopping || own === this.#leaver) return;
    if (isLeaving) this.#spec.onLeft?.();
    else this.#startLater(reason ? `${how}, ${reason}` : how, why);
  }

  #startLater(how: string, why: string): void {
    // The end of the process tells why it failed.
    const restart = (): void => void this.#startAgain().catch(() => {});
    this.#timer = setTimeout(restart, this.#crashes.ended(how, why));
  }

  async #startAgain(): Promise<void> {
    // It was stopped or killed while a restart waited for its end.
    if (this.#isStopping) throw new Error(`${this.name} is stopped`);
    this.#crashes.started();
    try {
      this.#child = start(this.#spec, this.port);
    } catch (error) {
      this.#startLater('a start that failed', sentence(error));
      throw error;
    }
    this.#watch();
    this.#loaded = await ready(this.#child, this.#spec);
    this.#isReady = true;
    this.#failure = undefined;
    this.#crashes.ready(this.pid);
    this.#spec.onAgain?.();
  }
}

const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error));
