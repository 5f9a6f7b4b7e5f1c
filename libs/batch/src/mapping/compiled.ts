import type { RequestContent } from '@sheaf/inference';
import type { Row, RowError } from '../rows/row.ts';

/** A row that is part of a request. */
export interface AskedRow {
  /** From 1. */
  readonly row: number;
  readonly key: string;
  /** SHA-256 over the tensors of the row, 32 bytes. */
  readonly inputHash: Uint8Array;
}

/** One request for some rows of a chunk. */
export interface RowsRequest {
  readonly rows: readonly AskedRow[];
  readonly content: RequestContent;
  /** Whether the first dimension of its tensors counts rows. */
  readonly isStacked: boolean;
  /** The same rows as two requests; of one row there are none. */
  halves(): readonly RowsRequest[];
}

export type RowsOrError =
  | { readonly kind: 'request'; readonly request: RowsRequest }
  | { readonly kind: 'error'; readonly error: RowError };

/** A mapping that fits its input and what is asked. */
export interface CompiledMapping {
  /** The columns that it reads. */
  readonly columns: readonly string[];
  /** Makes requests of at most `rowsMax` rows each, and fewer where their tensors are large. A row that does not fit is an error of its own. */
  requests(rows: AsyncIterable<Row>, rowsMax: number): AsyncIterable<RowsOrError>;
}
