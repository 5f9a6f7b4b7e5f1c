/** Reads the text form of protocol buffers, as config.pbtxt is written in: no schema, so a field is whatever stands there, and always a list. */

export type PbValue = string | number | boolean | PbMessage;
export type PbMessage = ReadonlyMap<string, readonly PbValue[]>;

const charsMax = 1024 * 1024;
const depthMax = 32;
const token =
  /\s+|#[^\n]*|([A-Za-z_][A-Za-z0-9_.]*|\[[A-Za-z_][A-Za-z0-9_./]*\])|("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(-?(?:0x[0-9a-fA-F]+|[0-9.]+(?:[eE][+-]?[0-9]+)?)f?)|([{}<>[\]:,;-])/y;

interface Token {
  readonly kind: 'word' | 'text' | 'number' | 'mark';
  readonly text: string;
  readonly line: number;
}

/** Throws an Error with a sentence that names the line. */
export function parsePbtxt(text: string): PbMessage {
  if (text.length > charsMax) throw new Error(`want at most ${charsMax} characters, got ${text.length}`);
  return readMessage(createCursor(tokensOf(text)), undefined, 1);
}

interface Cursor {
  peek(): Token | undefined;
  /** Goes on to the next one. */
  take(): void;
  /** Takes a mark if it stands here. */
  takeIf(mark: string): boolean;
  /** Throws, naming what was wanted here. */
  fail(wanted: string): never;
}

function createCursor(tokens: readonly Token[]): Cursor {
  let at = 0;
  const peek = (): Token | undefined => tokens[at];
  return {
    peek,
    take: () => void at++,
    takeIf: (mark) => {
      if (peek()?.kind !== 'mark' || peek()?.text !== mark) return false;
      at++;
      return true;
    },
    fail: (wanted) => {
      const found = peek();
      const got = found ? JSON.stringify(found.text.slice(0, 40)) : 'the end';
      throw new Error(`${found ? `line ${found.line}: ` : ''}want ${wanted}, got ${got}`);
    },
  };
}

/** All fields until `end`, or until there are no more. */
function readMessage(cursor: Cursor, end: string | undefined, depth: number): PbMessage {
  if (depth > depthMax) cursor.fail(`at most ${depthMax} messages in one another`);
  const fields = new Map<string, PbValue[]>();
  for (;;) {
    if (end !== undefined && cursor.takeIf(end)) return fields;
    const name = cursor.peek();
    if (!name && end === undefined) return fields;
    if (name?.kind !== 'word') return cursor.fail('the name of a field');
    cursor.take();
    const hasColon = cursor.takeIf(':');
    fields.set(name.text, [...(fields.get(name.text) ?? []), ...readValues(cursor, hasColon, depth)]);
    while (cursor.takeIf(',') || cursor.takeIf(';'));
  }
}

function readValues(cursor: Cursor, hasColon: boolean, depth: number): PbValue[] {
  if (!cursor.takeIf('[')) return [readValue(cursor, hasColon, depth)];
  const values: PbValue[] = [];
  while (!cursor.takeIf(']')) {
    values.push(readValue(cursor, true, depth));
    cursor.takeIf(',');
  }
  return values;
}

/** A message may stand without a colon, all else may not. */
function readValue(cursor: Cursor, mayBeScalar: boolean, depth: number): PbValue {
  if (cursor.takeIf('{')) return readMessage(cursor, '}', depth + 1);
  if (cursor.takeIf('<')) return readMessage(cursor, '>', depth + 1);
  const found = cursor.peek();
  if (!mayBeScalar || !found || found.kind === 'mark') return cursor.fail('a value');
  if (found.kind === 'text') return readTexts(cursor);
  cursor.take();
  if (found.kind === 'number') return Number(found.text.replace(/f$/, ''));
  return found.text === 'true' || (found.text === 'false' ? false : found.text);
}

/** Texts that follow one another are one. */
function readTexts(cursor: Cursor): string {
  let joined = '';
  for (let next = cursor.peek(); next?.kind === 'text'; next = cursor.peek()) {
    joined += unquoted(next.text);
    cursor.take();
  }
  return joined;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

const unquoted = (text: string): string =>
  text.slice(1, -1).replace(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter);

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const from = token.lastIndex;
    const found = token.exec(text);
    if (!found) throw new Error(`line ${line}: want a field, got ${JSON.stringify(text.slice(from, from + 20))}`);
    const [whole, word, quotedText, number, mark] = found;
    if (word !== undefined) tokens.push({ kind: 'word', text: word, line });
    else if (quotedText !== undefined) tokens.push({ kind: 'text', text: quotedText, line });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number, line });
    else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark, line });
    line += whole.split('\n').length - 1;
  }
  return tokens;
}
