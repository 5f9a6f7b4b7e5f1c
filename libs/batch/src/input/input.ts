import type { InputColumn, Row } from '../rows/row.ts';

export const inputFormats = ['csv', 'ndjson', 'parquet', 'images'] as const;
export type InputFormat = (typeof inputFormats)[number];

/** Which rows are read. It is JSON, so that it can be kept with a batch. */
export interface InputSpec {
  /** Absolute: a file, or a folder of part files of one format or of images. */
  readonly path: string;
  /** Default: what the endings of the files say. */
  readonly format?: InputFormat | undefined;
  /** Between the cells of a line of CSV, one character. Default: the one of `,`, `;`, tab and `|` that the header has most of. */
  readonly delimiter?: string | undefined;
}

/** A file as it was when the input was opened first: whoever reads a chunk later refuses another one. */
export interface FileStamp {
  /** From the folder of the input; its own name where the input is one file. */
  readonly file: string;
  readonly bytes: number;
  /** Whole milliseconds since the epoch. */
  readonly changedAt: number;
}

/** Where the rows of a chunk are: any process can read them without reading what is before. It is JSON. */
export type ChunkPlace =
  /** Bytes of a file of text, from the start of a record to the end of one, and their SHA-256. */
  | {
      readonly kind: 'bytes';
      readonly file: FileStamp;
      readonly from: number;
      readonly to: number;
      readonly digest: string;
    }
  /** Rows of a Parquet file, from 0, `to` not included; all of them are in one row group. */
  | { readonly kind: 'rows'; readonly file: FileStamp; readonly from: number; readonly to: number }
  /** A file for each row. */
  | { readonly kind: 'files'; readonly files: readonly FileStamp[] };

export interface ChunkRange {
  /** From 0. */
  readonly chunk: number;
  /** The number of its first row, from 1, over the whole input. */
  readonly firstRow: number;
  readonly rows: number;
  readonly place: ChunkPlace;
}

export interface CutOptions {
  /** The most rows of a chunk. */
  readonly rowsMax: number;
  /** Cuts what comes after this chunk. */
  readonly after?: ChunkRange | undefined;
}

/** An input that is open. What is wrong with the whole of it is an InferError: INVALID_ARGUMENT, or FAILED_PRECONDITION where a file has changed since it was cut. */
export interface Input {
  readonly format: InputFormat;
  /** Absolute; paths in its cells are meant from here. */
  readonly folder: string;
  readonly columns: readonly InputColumn[];
  /** As far as it is known without reading everything: Parquet and images tell it. */
  readonly rows?: number | undefined;
  /** Of all files together. */
  readonly bytes: number;
  /** Cuts the input in one pass, in the order of its rows, in bounded memory. */
  cut(options: CutOptions): AsyncIterable<ChunkRange>;
  /** The rows of a chunk. Of Parquet only the columns `wanted` are read; default: all. A row that is broken comes with its error, and those after it come as they are. */
  read(range: ChunkRange, wanted?: readonly string[]): AsyncIterable<Row>;
  close(): Promise<void>;
}
