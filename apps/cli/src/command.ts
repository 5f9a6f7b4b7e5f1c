import { writeFile } from 'node:fs/promises';
import type { ParseArgsOptionsConfig } from 'node:util';
import { formatProblem, type Mesh, type MeshProblem, type MeshReading, outText, readMesh } from '@sheaf/mesh';

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

/** The mesh in a folder, or all of its mistakes. `tell` hears what is none, but may not be meant. */
export const readMeshOrFail = async (folder = '.', tell: (note: string) => void = () => {}): Promise<Mesh> =>
  wholeOrFail(folder, await readMesh(folder), tell);

/** The same of a reading. */
export function wholeOrFail(
  folder: string,
  { mesh, problems, notes }: MeshReading,
  tell: (note: string) => void,
): Mesh {
  if (!mesh) return fail(folder, problems);
  for (const note of notes) tell(`note: ${formatProblem(note)}`);
  return mesh;
}

/** Reads what of the folder can be served, and tells the rest line by line; throws with all mistakes where nothing can. */
export async function readServableOrFail(folder = '.', tell: (line: string) => void = console.log): Promise<Mesh> {
  const { servable, problems, notes } = await readMesh(folder);
  if (!servable) return fail(folder, problems);
  for (const note of notes) tell(`note: ${formatProblem(note)}`);
  for (const part of servable.out) tell(outText(part));
  if (servable.out.length > 0)
    tell('all else is served (sheaf check tells every mistake; --strict serves all or nothing)');
  return servable;
}

function fail(folder: string, problems: readonly MeshProblem[]): never {
  const count = problems.length === 1 ? '1 mistake' : `${problems.length} mistakes`;
  throw new UsageError([...problems.map(formatProblem), `${count} in ${folder}`].join('\n'));
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
