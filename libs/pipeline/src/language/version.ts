import { mapped, type Reader, scalar } from '@sheaf/document';
import { aliasPattern, isAlias } from '@sheaf/inference';

/** A version as it is written: 2, "2" or an alias. */
export const versionText: Reader<string> = mapped(
  scalar(
    'a positive integer or an alias, such as champion',
    (value): value is string | number =>
      (typeof value === 'string' || typeof value === 'number') &&
      (/^[1-9][0-9]{0,14}$/.test(String(value)) || isAlias(String(value))),
    {
      anyOf: [
        { type: 'integer', minimum: 1, maximum: 999_999_999_999_999 },
        { type: 'string', pattern: '^[1-9][0-9]{0,14}$' },
        { type: 'string', pattern: aliasPattern.source },
      ],
    },
  ),
  String,
);
