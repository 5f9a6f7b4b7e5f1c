/** `digits` hexadecimal digits, 0 before them, in lower case; undefined where they are none, too many, or all 0. */
export const idOf = (value: string, digits: number): string | undefined =>
  value.length <= digits && /^[0-9a-f]*[1-9a-f][0-9a-f]*$/i.test(value)
    ? value.toLowerCase().padStart(digits, '0')
    : undefined;
