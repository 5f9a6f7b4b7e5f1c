/** What names and versions in requests may be. */
import { invalidField, isAlias, type Limits } from '@sheaf/inference';

/** Model names: the rule of every server. Dots inside are ordinary; what could be a path is not. */
const namePattern = /^[A-Za-z0-9._][A-Za-z0-9._-]*$/;

export function checkName(field: string, name: string, limits: Limits): void {
  if (name.length > limits.nameCharsMax)
    throw invalidField(field, `want at most ${limits.nameCharsMax} characters, got ${name.length}`, 'NAME_INVALID');
  if (!namePattern.test(name) || name === '.' || name === '..') {
    throw invalidField(field, 'want letters, digits, ".", "_" and "-", not starting with "-"', 'NAME_INVALID');
  }
}

/** Empty, a positive decimal integer without a leading zero below 2^63, or an alias. */
export function checkVersion(field: string, version: string): void {
  const isDecimal = /^[1-9][0-9]{0,18}$/.test(version) && BigInt(version) < 2n ** 63n;
  if (version !== '' && !isDecimal && !isAlias(version))
    throw invalidField(
      field,
      'want a positive decimal integer, an alias such as champion, or nothing for the version that its name stands for',
      'VERSION_INVALID',
    );
}
