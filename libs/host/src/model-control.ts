/** Loading and unloading of models and pipelines: a gateway that is asked for it has its supervisor do it. */
import { InferError, type InferErrorCode } from '@sheaf/inference';

export interface ModelControl {
  readonly action: 'load' | 'unload';
  /** Of a model or pipeline. */
  readonly name: string;
  /** Whether what it asks is unloaded too, as far as nothing else asks it. */
  readonly withDependents: boolean;
}

/** What a gateway asks of its supervisor; `id` is of this process. */
export interface ControlMessage {
  readonly kind: 'control';
  readonly id: number;
  readonly control: ModelControl;
}

/** The answer: without a problem it is done. */
export interface ControlledMessage {
  readonly kind: 'controlled';
  readonly id: number;
  readonly problem?: { readonly code: InferErrorCode; readonly message: string } | undefined;
}

/** The names that are being loaded now. */
export interface LoadingMessage {
  readonly kind: 'loading';
  readonly loading: readonly string[];
}

/** Has the supervisor do it; throws what it refuses with, and FAILED_PRECONDITION where this process has no supervisor. */
export function askControl(): (control: ModelControl) => Promise<void> {
  const asked = new Map<number, PromiseWithResolvers<void>>();
  let id = 0;
  process.on('message', (message: ControlledMessage) => {
    if (message.kind !== 'controlled') return;
    const { problem } = message;
    if (problem) asked.get(message.id)?.reject(new InferError(problem.code, problem.message));
    else asked.get(message.id)?.resolve();
    asked.delete(message.id);
  });
  // Nobody is left who could answer.
  process.once('disconnect', () => {
    for (const { reject } of asked.values()) reject(supervisorGone());
    asked.clear();
  });
  return (control) => {
    if (process.send && !process.connected) return Promise.reject(supervisorGone());
    if (!process.send)
      return Promise.reject(
        new InferError(
          'FAILED_PRECONDITION',
          'this gateway was started by hand: what it serves is what it was started with',
        ),
      );
    id++;
    const answer = Promise.withResolvers<void>();
    asked.set(id, answer);
    process.send({ kind: 'control', id, control } satisfies ControlMessage);
    return answer.promise;
  };
}

const supervisorGone = (): InferError =>
  new InferError('UNAVAILABLE', 'the supervisor of this gateway has ended: what is served stays as it is');

/** Takes what the supervisor tells; it is trusted. */
export function onLoading(take: (names: readonly string[]) => void): void {
  process.on('message', (message: LoadingMessage) => {
    if (message.kind === 'loading') take(message.loading);
  });
}
