/** What batches have computed, and which of it is served. */

export const generationStates = ['building', 'ready', 'held', 'dropped'] as const;
/** `building` by its batch, also while that has failed and may be resumed. `ready`: was or is current. `held`: complete, and not promoted. `dropped`: its rows are gone. */
export type GenerationState = (typeof generationStates)[number];

/** A generation: number 1, 2, 3, ... of a collection. */
export interface GenerationId {
  readonly collection: string;
  readonly number: number;
}

/**
 * A collection is what is looked up under one name, by default that of the pipeline: two batches over different inputs of one pipeline need two of them. It has
 * generations, each made by one batch, and one of them is current.
 */
export interface GenerationRecord extends GenerationId {
  readonly state: GenerationState;
  /** What computed it. */
  readonly subject: string;
  readonly version: string;
  readonly batch: string;
  /** Keys that have a prediction. */
  readonly rows: number;
  readonly createdAt: number;
  /** When its batch was done. */
  readonly builtAt?: number | undefined;
  readonly isCurrent: boolean;
  /** Why it is held; empty otherwise. */
  readonly why: string;
  /** What a look at it found: JSON, empty where nobody has looked. */
  readonly report: string;
}

/** Which generation is current. */
export interface CurrentGeneration extends GenerationId {
  /** Counts the moves of the pointer; a move says the one it has seen. 0: there was none. */
  readonly epoch: number;
  readonly movedAt: number;
  readonly by: string;
  readonly why: string;
}

export interface Promotion extends GenerationId {
  readonly expectedEpoch: number;
  readonly by: string;
  readonly why: string;
  /** How many former generations stay that were current, beside what is being built or held. Default: all. */
  readonly keep?: number | undefined;
}

export interface StoredPrediction {
  readonly key: string;
  readonly row: number;
  readonly outputs: Uint8Array;
  readonly inputHash: Uint8Array;
  readonly computedAt: number;
}

export interface LookUp {
  readonly generation: GenerationRecord;
  readonly epoch: number;
  /** One for each key that was asked for, in their order. */
  readonly predictions: readonly (StoredPrediction | undefined)[];
}

export interface PredictionStore {
  /** Predictions of the current generation, all of the same one; 1,000 keys at most. Undefined where the collection has no current generation. */
  get(collection: string, keys: readonly string[]): Promise<LookUp | undefined>;
  /** The same, of any generation that has its rows. */
  getOf(generation: GenerationId, keys: readonly string[]): Promise<readonly (StoredPrediction | undefined)[]>;
  /** Predictions of a generation in the order of their keys' bytes, after `after`. At most 10,000, and about 4 MiB; none: there are no more. */
  scan(
    generation: GenerationId,
    page?: { readonly after?: string; readonly limit?: number },
  ): Promise<readonly StoredPrediction[]>;
  generation(id: GenerationId): Promise<GenerationRecord | undefined>;
  /** The newest first. `before`: a number. At most 1,000. */
  generations(
    collection: string,
    page?: { readonly before?: number; readonly limit?: number },
  ): Promise<readonly GenerationRecord[]>;
  /** Every collection that has a generation, by name. */
  collections(): Promise<readonly { readonly collection: string; readonly current?: CurrentGeneration | undefined }[]>;
  current(collection: string): Promise<CurrentGeneration | undefined>;
  /** Every move of the pointer, the newest first; 1,000 at most. */
  history(collection: string): Promise<readonly CurrentGeneration[]>;
  /** Moves the pointer to a generation that is `ready` or `held`. Refused: GENERATION_MOVED (another epoch), GENERATION_STATE. NOT_FOUND: there is no such generation. */
  promote(promotion: Promotion): Promise<CurrentGeneration>;
  /**
   * Moves the pointer to the generation that was current before, of those that still have their rows (NO_FORMER_GENERATION: there is none). A move to that one is itself
   * a way back: said again, it leads further back.
   */
  rollback(change: {
    readonly collection: string;
    readonly expectedEpoch: number;
    readonly by: string;
    readonly why: string;
  }): Promise<CurrentGeneration>;
  /** Gives up the rows of a generation, which sweeps then remove. Refused: the current one (GENERATION_CURRENT), one that a batch is building (GENERATION_STATE). */
  drop(generation: GenerationId): Promise<GenerationRecord>;
}
