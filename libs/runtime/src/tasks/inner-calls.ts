import {
  asInferError,
  CallCanceller,
  type CallContext,
  explainParameter,
  type Infer,
  type InferErrorCode,
  type Parameters,
} from '@sheaf/inference';
import { type PackedTensor, packTensor, unpackTensor } from './packed-tensor.ts';

/** The call on whose behalf a task asks others. */
export interface CallerContext {
  readonly context: CallContext;
  readonly parameters: Parameters;
}

/** What a task asks, as its thread says it. */
export interface InnerCall {
  /** The task. */
  readonly id: number;
  /** Names this question of the task. */
  readonly asks: number;
  readonly model: string;
  readonly inputs: readonly PackedTensor[];
  readonly outputs: readonly string[];
}

/** What it is told. */
export type InnerAnswer = { readonly id: number; readonly answers: number } & (
  | { readonly outputs: readonly PackedTensor[] }
  | { readonly code: InferErrorCode; readonly message: string }
);

/** What one task asks others while it runs: under the deadline, the trace and the configuration of its call, and no longer than it runs itself. */
export class InnerCalls {
  readonly #infer: Infer;
  readonly #caller: CallerContext;
  readonly #signal = new CallCanceller();
  readonly #leave = (): void => this.#signal.abort(this.#caller.context.signal.reason);

  constructor(infer: Infer, caller: CallerContext) {
    this.#infer = infer;
    this.#caller = caller;
    const { signal } = caller.context;
    if (signal.aborted) this.#leave();
    signal.addEventListener('abort', this.#leave, { once: true });
  }

  async ask({
    id,
    asks,
    model,
    inputs,
    outputs,
  }: InnerCall): Promise<{ message: InnerAnswer; transfer: ArrayBuffer[] }> {
    const { context, parameters: given } = this.#caller;
    const parameters: Parameters = new Map(given.get(explainParameter) === true ? [[explainParameter, true]] : []);
    try {
      const request = { model, version: '', id: '', parameters, inputs: inputs.map(unpackTensor), outputs };
      const response = await this.#infer(request, { ...context, signal: this.#signal });
      const packed = response.outputs.map(packTensor);
      return {
        message: { id, answers: asks, outputs: packed },
        transfer: [...new Set(packed.map(({ memory }) => memory))],
      };
    } catch (error) {
      const { code, message } = asInferError(error);
      return { message: { id, answers: asks, code, message }, transfer: [] };
    }
  }

  /** The task is over: nobody waits for what it asked. */
  end(): void {
    this.#caller.context.signal.removeEventListener('abort', this.#leave);
    this.#signal.abort();
  }
}
