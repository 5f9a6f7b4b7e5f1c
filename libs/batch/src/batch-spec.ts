/** What a batch reads and asks, as it is kept with it. */
import type { InputFormat, InputSpec } from './input/input.ts';
import { inputFormats } from './input/input.ts';
import type { Mapping } from './mapping/mapping.ts';

/** What a generation has to fulfil before it becomes the current one by itself; otherwise it is held. */
export interface Validation {
  /** The share of the rows that have a prediction, from 0 to 1. Default 1. */
  readonly coverage?: number | undefined;
  /** Of the keys of the current generation, the share that the new one has too. Default: not looked at. */
  readonly overlap?: number | undefined;
  /** The most that an output may have moved since the current generation (population stability index). Default: not looked at. */
  readonly psi?: number | undefined;
}

export interface BatchSpec {
  /** The file in `batches/` that it was begun by, without its ending. */
  readonly name?: string | undefined;
  readonly input: InputSpec;
  readonly mapping: Mapping;
  /** The most rows of a chunk. */
  readonly chunkRows: number;
  /** The most rows of one request. */
  readonly requestRows: number;
  readonly validation?: Validation | undefined;
  /** How many former generations stay. */
  readonly keep?: number | undefined;
  /** Whether its generation waits for somebody who promotes it, whatever the validation says. */
  readonly hold?: boolean | undefined;
}

export const batchDefaults = { chunkRows: 1_000, requestRows: 64, keep: 3 } as const;

export const encodeBatchSpec = (spec: BatchSpec): string => JSON.stringify(spec);

/** The opposite of {@link encodeBatchSpec}. */
export const decodeBatchSpec = (text: string): BatchSpec => JSON.parse(text) as BatchSpec;

export const isInputFormat = (text: string): text is InputFormat => (inputFormats as readonly string[]).includes(text);
