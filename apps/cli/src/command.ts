import { writeFile } from 'node:fs/promises';
import type { ParseArgsOptionsConfig } from 'node:util';

/** A mistake of whoever typed the command: a sentence, exit code 2. */
export class UsageError extends Error {}

export type OptionValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

export interface Command {
  /** What follows `sheaf`, e.g. `check [folder]`. */
  readonly usage: string;
  readonly summary: string;
  readonly options: ParseArgsOptionsConfig;
  /** More lines for `sheaf <command> --help`. */
  readonly help?: string;
  run(positionals: readonly string[], values: OptionValues): Promise<void>;
}

/** The value of a text option. */
export const textOf = (value: OptionValues[string]): string | undefined =>
  typeof value === 'string' ? value : undefined;

export function integerOf(name: string, value: OptionValues[string], min: number, max: number): number | undefined {
  if (value === undefined) return undefined;
  const number = value === '' ? Number.NaN : Number(value);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw new UsageError(`--${name}: want an integer from ${min} to ${max}, got "${value}"`);
}

/** Writes what a command was asked to write. */
export async function writeOrFail(file: string, content: string | Uint8Array): Promise<void> {
  await writeFile(file, content).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${file} cannot be written (${error.code})`);
  });
}
