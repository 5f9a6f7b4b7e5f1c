import type { Cell, InputColumn } from '../../rows/row.ts';
import type { ScanRules } from './scan-records.ts';

/** The cells of a record, or why it has none, in a sentence. */
export type RecordReading = ReadonlyMap<string, Cell> | string;

/** A format whose records are bytes one behind the other. */
export interface TextFormat {
  readonly columns: readonly InputColumn[];
  readonly rules: ScanRules;
  /** The bytes of the file before its first record: a byte order mark, a header. Throws where the head is not that of the first file. */
  headBytes(start: Buffer, file: string): number;
  /** Reads the records of a text, of which there should be `count`; undefined where they cannot be told apart or are not so many. */
  readAll(text: string, count: number): RecordReading[] | undefined;
  /** Reads one record by itself. */
  readOne(text: string): RecordReading;
}
