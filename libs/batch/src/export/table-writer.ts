/** Writes predictions to a file: beside it first, and in its place when all of it is there. */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { InferError } from '@sheaf/inference';
import { csvText } from './csv-text.ts';
import { ndjsonText } from './ndjson-text.ts';
import { parquetTable } from './parquet-table.ts';
import type { Predicted } from './predicted.ts';
import type { Table } from './table.ts';

export const exportFormats = ['csv', 'ndjson', 'parquet'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface TableWriter {
  /** In the order in which they are to stand. The first rows tell which columns there are. */
  write(rows: readonly Predicted[]): Promise<void>;
  /** The file is there, whole. */
  end(): Promise<void>;
  /** Leaves nothing behind. May be called after `end`, and does nothing then. */
  abandon(): Promise<void>;
}

/** The format that the ending of a file names; undefined where it names none. */
export function exportFormat(path: string): ExportFormat | undefined {
  const ending = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase();
  return ending === 'jsonl' ? 'ndjson' : exportFormats.find((format) => format === ending);
}

/** A file that is there already is replaced at the end. */
export async function createTableWriter(path: string, format: ExportFormat): Promise<TableWriter> {
  const beside = `${path}.${randomUUID().slice(0, 8)}.part`;
  const table = await tableOf(beside, format).catch((error: NodeJS.ErrnoException) => {
    throw new InferError('INVALID_ARGUMENT', `${path} cannot be written (${error.code})`);
  });
  let isOver = false;
  return {
    write: (rows) => table.write(rows),
    async end() {
      await table.end();
      await rename(beside, path);
      isOver = true;
    },
    async abandon() {
      if (isOver) return;
      isOver = true;
      await table.close();
      await rm(beside, { force: true });
    },
  };
}

async function tableOf(path: string, format: ExportFormat): Promise<Table> {
  const handle = await open(path, 'wx');
  switch (format) {
    case 'csv':
      return textTable(handle, csvText());
    case 'ndjson':
      return textTable(handle, ndjsonText);
    case 'parquet':
      return parquetTable(handle);
  }
}

function textTable(handle: FileHandle, textOf: (rows: readonly Predicted[]) => string): Table {
  let isClosed = false;
  const close = async (): Promise<void> => {
    if (isClosed) return;
    isClosed = true;
    await handle.close();
  };
  return {
    write: async (rows) => {
      await handle.write(textOf(rows));
    },
    async end() {
      // Of no rows there is a header.
      await handle.write(textOf([]));
      await handle.sync();
      await close();
    },
    close,
  };
}
