/** Where the records of a text end, found byte by byte: a record of CSV may have line ends between its quotes. */

export interface ScanRules {
  /** Between cells; undefined where a line is a record, whatever stands in it. */
  readonly delimiter?: number | undefined;
  /** A line of nothing but these is no record. */
  readonly blanks: readonly number[];
}

export interface RecordScanner {
  /** Where records end in the next bytes of the text: behind their line ends. Lines that are no records are not told. */
  scan(bytes: Uint8Array): number[];
  /** Whether bytes have come that belong to a record that has not ended. */
  readonly isWithin: boolean;
  /** Whether the last byte stood between quotes. */
  readonly isQuoted: boolean;
}

const [newline, quote] = [10, 34];
/** Where the scan stands: at the start of a cell; in one without quotes, or behind its closing quote; between quotes; behind a quote between quotes. */
const [atStart, plain, quoted, closing] = [0, 1, 2, 3] as const;

export function createScanner({ delimiter, blanks }: ScanRules): RecordScanner {
  let state: 0 | 1 | 2 | 3 = atStart;
  let hasContent = false;
  const isBlank = (byte: number): boolean => blanks.includes(byte);

  /** Without a quote in them, only line ends matter, which are found many times as fast. */
  const scanUnquoted = (bytes: Uint8Array, ends: number[]): void => {
    let from = 0;
    for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, from)) {
      for (let at = from; !hasContent && at < end; at++) hasContent = !isBlank(bytes[at] as number);
      if (hasContent) ends.push(end + 1);
      hasContent = false;
      from = end + 1;
    }
    for (let at = from; !hasContent && at < bytes.length; at++) hasContent = !isBlank(bytes[at] as number);
    const last = bytes[bytes.length - 1];
    if (last !== undefined) state = last === newline || last === delimiter ? atStart : plain;
  };

  const scanQuoted = (bytes: Uint8Array, ends: number[]): void => {
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (state === quoted) {
        if (byte === quote) state = closing;
      } else if (byte === quote && state !== plain) {
        state = quoted;
        hasContent = true;
      } else if (byte === newline) {
        if (hasContent) ends.push(at + 1);
        hasContent = false;
        state = atStart;
      } else {
        if (!hasContent) hasContent = !isBlank(byte);
        // A carriage return behind a closing quote belongs to the line end.
        if (byte === delimiter) state = atStart;
        else state = plain;
      }
    }
  };

  return {
    scan(bytes) {
      const ends: number[] = [];
      const hasQuotes = delimiter !== undefined && bytes.indexOf(quote) !== -1;
      if (state === quoted && !hasQuotes) return ends;
      if (hasQuotes) scanQuoted(bytes, ends);
      else scanUnquoted(bytes, ends);
      return ends;
    },
    get isWithin() {
      return hasContent;
    },
    get isQuoted() {
      return state === quoted;
    },
  };
}
