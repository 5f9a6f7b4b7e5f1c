const ascii = /^[\x20-\x7e]*$/;
const unseen = /[\p{Cc}\p{Zl}\p{Zp}]/gu;

/** A value as text. Node gives one letter for each byte; what an ingress adds is UTF-8, and what of it is none, or could not be seen, becomes U+FFFD. */
export const readableOf = (value: string): string =>
  ascii.test(value) ? value : Buffer.from(value, 'latin1').toString().replace(unseen, '\ufffd');
