/** What entries, versions and aliases may be called. Nothing else becomes part of a path or of a question to the store. */
import { invalid, quoted } from './refusals.ts';

const entryName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const aliasName = /^[a-z][a-z0-9_-]{0,62}$/;
const decimal = /^[1-9][0-9]{0,15}$/;
const digestForm = /^sha256:[0-9a-f]{64}$/;
const sha256Form = /^[0-9a-f]{64}$/;

/** Refuses what is no name of a model or pipeline: letters of ASCII, digits, `.`, `_` and `-`, 128 at most, a letter or digit first. */
export function checkEntryName(name: string, field = 'name'): void {
  if (!entryName.test(name))
    throw invalid(
      field,
      `want 1 to 128 letters, digits, ".", "_" and "-", a letter or digit first, got ${quoted(name)}`,
    );
}

/** Refuses what is no alias: letters in lower case, digits, `_` and `-`, 63 at most, a letter first, so that none is a number or a digest. */
export function checkAlias(alias: string, field = 'alias'): void {
  if (!aliasName.test(alias))
    throw invalid(
      field,
      `want 1 to 63 letters in lower case, digits, "_" and "-", a letter first, got ${quoted(alias)}`,
    );
}

export const isDigest = (text: string): boolean => digestForm.test(text);

export function checkDigest(digest: string, field = 'digest'): void {
  if (!isDigest(digest)) throw invalid(field, `want sha256: and 64 hex digits in lower case, got ${quoted(digest)}`);
}

export function checkSha256(sha256: string, field = 'sha256'): void {
  if (!sha256Form.test(sha256)) throw invalid(field, `want 64 hex digits in lower case, got ${quoted(sha256)}`);
}

export function checkVersionNumber(version: number, field = 'version'): void {
  if (!Number.isSafeInteger(version) || version < 1)
    throw invalid(field, `want a whole number from 1 on, got ${version}`);
}

/** Which version is meant. */
export type VersionRef =
  | { readonly kind: 'number'; readonly version: number }
  | { readonly kind: 'digest'; readonly digest: string }
  | { readonly kind: 'alias'; readonly alias: string };

/** Reads the text that names a version: a decimal number as we write it (no sign, no leading zero), a digest or an alias. */
export function parseVersionRef(text: string, field = 'version'): VersionRef {
  if (decimal.test(text) && Number.isSafeInteger(Number(text))) return { kind: 'number', version: Number(text) };
  if (isDigest(text)) return { kind: 'digest', digest: text };
  if (aliasName.test(text)) return { kind: 'alias', alias: text };
  throw invalid(field, `want a number from 1 on, an alias or sha256: and 64 hex digits, got ${quoted(text)}`);
}

/** Refuses a text that is too long (in UTF-16 code units), is no Unicode, or has a NUL, which Postgres cannot keep. */
export function checkText(field: string, text: string, max: number): void {
  if (text.length > max) throw invalid(field, `want at most ${max} characters, got ${text.length}`);
  if (!text.isWellFormed()) throw invalid(field, 'want well-formed Unicode');
  if (text.includes('\0')) throw invalid(field, 'want no NUL');
}
