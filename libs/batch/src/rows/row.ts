/** What a cell holds. Tables of text have texts only; dates, times and decimals are text too, exactly as they are written. */
export type Cell = null | boolean | number | bigint | string | Uint8Array | readonly Cell[];

/** One row of an input. */
export interface Row {
  /** From 1, over all files of the input; a header is none. */
  readonly row: number;
  /** By the name of its column. Empty where `error` says that the row cannot be read. */
  readonly cells: ReadonlyMap<string, Cell>;
  readonly error?: RowError;
}

/** Why one row has no prediction. Others are not touched by it. */
export interface RowError {
  /** From 1. */
  readonly row: number;
  readonly key?: string;
  /** The column that is wrong, where it is one. */
  readonly column?: string;
  /** A gRPC code, such as INVALID_ARGUMENT. */
  readonly code: string;
  /** What was wanted and what came, in a sentence. */
  readonly message: string;
}

/** A column of an input. */
export interface InputColumn {
  readonly name: string;
  /** As the file calls it: `text` of tables without types, `INT64`, `DOUBLE`, `list of FLOAT`. */
  readonly type: string;
}
