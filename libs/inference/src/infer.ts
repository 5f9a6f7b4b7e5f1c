import type { CallContext } from './context.ts';
import type { Tensor } from './tensor.ts';

export type Parameter = boolean | string | number | bigint;
export type Parameters = ReadonlyMap<string, Parameter>;

export interface InferRequest {
  /** A model or a pipeline. */
  readonly model: string;
  /** A decimal integer, an alias, or empty: the champion where there is one, else the newest. */
  readonly version: string;
  readonly id: string;
  readonly parameters: Parameters;
  readonly inputs: readonly Tensor[];
  /** Names of the outputs wanted, in the order wanted; empty asks for all. */
  readonly outputs: readonly string[];
}

/** A request but for whom it asks. */
export type RequestContent = Omit<InferRequest, 'model' | 'version'>;

export interface InferResponse {
  readonly model: string;
  /** The version that really answered: of our own models and pipelines a decimal integer. */
  readonly version: string;
  readonly parameters: Parameters;
  readonly outputs: readonly Tensor[];
}

/**
 * What a model, a remote server, a pipeline and the whole gateway all are. It fails by a promise that is rejected with InferError, and never throws at
 * once: whoever wraps one, to redact what it says or to count how it ends, has one way to hear of it.
 */
export type Infer = (request: InferRequest, context: CallContext) => Promise<InferResponse>;
export type Layer = (next: Infer) => Infer;

/** Wraps `core` in `layers`, listed in the order a request meets them. */
export const stack = (layers: readonly Layer[], core: Infer): Infer =>
  layers.reduceRight((next, layer) => layer(next), core);
