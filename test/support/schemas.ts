/** The JSON Schemas that editors get, held against files. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { references } from '../tools/references.ts';

const kinds: readonly (readonly [RegExp, string])[] = [
  [/^mesh\.yaml$/, 'mesh'],
  [/^policies\.yaml$/, 'policies'],
  [/^models\/[^/]+\/model\.yaml$/, 'model'],
  [/^pipelines\/[^/]+\.ya?ml$/, 'pipeline'],
  [/^tests\/[^/]+\.ya?ml$/, 'tests'],
];

const compiled = new Map<string, ValidateFunction>();

/** What the schema called `name` finds wrong with a document; undefined where it finds nothing. */
export function schemaMistake(name: string, document: unknown): string | undefined {
  const reference = references.find((one) => one.name === name);
  if (!reference) throw new Error(`there is no schema called ${name}`);
  const isValid = compiled.get(name) ?? new Ajv2020({ strict: false }).compile(reference.schema());
  compiled.set(name, isValid);
  return isValid(document) ? undefined : JSON.stringify(isValid.errors?.slice(0, 3));
}

/** Throws where an editor would underline something in a file of a folder that has no mistake. `file` is from the folder. */
export function checkSchema(file: string, content: string): void {
  const [, name] = kinds.find(([pattern]) => pattern.test(file)) ?? [];
  // The readers allow merge keys.
  const mistake = name && schemaMistake(name, parse(content, { merge: true }) ?? {});
  if (mistake !== undefined) throw new Error(`the schema of ${name} refuses ${file}: ${mistake}\n${content}`);
}
