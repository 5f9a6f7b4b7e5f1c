import type { Predicted } from './predicted.ts';

/** What makes the content of a file. */
export interface Table {
  write(rows: readonly Predicted[]): Promise<void>;
  end(): Promise<void>;
  /** Without an end; may be called after it. */
  close(): Promise<void>;
}
