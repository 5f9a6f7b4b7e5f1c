import { mapped, type Reader, scalar } from '@sheaf/document';

/** A version as it is written: 2 or "2". */
export const versionText: Reader<string> = mapped(
  scalar(
    'a positive integer',
    (value): value is string | number =>
      (typeof value === 'string' || typeof value === 'number') && /^[1-9][0-9]{0,14}$/.test(String(value)),
    {
      anyOf: [
        { type: 'integer', minimum: 1, maximum: 999_999_999_999_999 },
        { type: 'string', pattern: '^[1-9][0-9]{0,14}$' },
      ],
    },
  ),
  String,
);
