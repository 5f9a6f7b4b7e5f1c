/** `aliases` of mesh.yaml: what versions of models and pipelines are called. */
import { integer, mapOf, mapped, mayBeEmpty, text } from '@sheaf/document';
import { type Aliases, aliasPattern } from '@sheaf/inference';

const alias = text('an alias of small letters, digits, "_" and "-" that begins with a letter', aliasPattern);
const name = text('the name of a model or pipeline', /^[A-Za-z0-9._][A-Za-z0-9._-]{0,127}$/);

/** As long as versions may be in the folder, and none is written with an exponent. */
const versionMax = 999_999_999_999_999;

const written = mayBeEmpty(
  mapOf(mapOf(integer(1, versionMax), { min: 1, max: 64, noun: 'alias', key: alias }), {
    min: 0,
    max: 65_536,
    noun: 'model or pipeline',
    key: name,
  }),
);

export const aliases = mapped(
  written,
  (read): Aliases => new Map([...read].map(([own, versions]) => [own, asText(versions)])),
);

const asText = (versions: ReadonlyMap<string, number>): ReadonlyMap<string, string> =>
  new Map([...versions].map(([called, version]) => [called, String(version)]));
