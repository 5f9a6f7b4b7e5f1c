/** What is typed behind an action: names, versions, pairs. */
import { type OptionValues, UsageError } from '../command.ts';

/** A version of an entry as it is typed: `digits/3`, `digits/champion`, `digits/sha256:...`, `digits`. */
export interface TypedVersion {
  readonly name: string;
  /** Empty: the champion where there is one, or else the newest. */
  readonly version: string;
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const versionPattern = /^(?:[1-9][0-9]{0,14}|[a-z][a-z0-9_-]{0,62}|sha256:[0-9a-f]{64})$/;

export function nameOf(text: string): string {
  if (namePattern.test(text)) return text;
  throw new UsageError(
    `want a name of letters, digits, ".", "_" and "-", the first a letter or a digit, at most 128, got ${quoted(text)}`,
  );
}

export function versionOf(text: string): TypedVersion {
  const at = text.indexOf('/');
  const [name, version] = at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
  if (at !== -1 && !versionPattern.test(version))
    throw new UsageError(
      `want a version such as 3, an alias such as champion, or a digest such as sha256:..., got ${quoted(version)}`,
    );
  return { name: nameOf(name), version };
}

/** One that has to be said. */
export function saidVersionOf(text: string): TypedVersion {
  const typed = versionOf(text);
  if (typed.version === '')
    throw new UsageError(`want a version with the name, such as ${typed.name}/3, got ${typed.name}`);
  return typed;
}

/** A version that has a number, and no other name. */
export function numberOf(text: string): { readonly name: string; readonly version: number } {
  const { name, version } = saidVersionOf(text);
  if (!/^[0-9]+$/.test(version))
    throw new UsageError(`want the number of a version, such as ${name}/3, got ${quoted(version)}`);
  return { name, version: Number(version) };
}

const aliasPattern = /^[a-z][a-z0-9_-]{0,62}$/;

export function aliasOf(text: string): string {
  if (aliasPattern.test(text)) return text;
  throw new UsageError(`want an alias of a-z, 0-9, "_" and "-", the first a letter, at most 63, got ${quoted(text)}`);
}

/** At most so much of what was typed is said back. */
const quoted = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);

/** A moment: milliseconds since the epoch, or as ISO 8601 has it. */
export function momentOf(option: string, value: OptionValues[string]): number {
  const text = String(value);
  const ms = /^\d{1,15}$/.test(text) ? Number(text) : /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(ms)) return ms;
  throw new UsageError(`--${option}: want a time such as 2026-11-30T12:00:00Z, got ${quoted(text)}`);
}
