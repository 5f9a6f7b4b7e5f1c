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
  const tokens = tokensOf(text);
  let at = 0;
  const peek = (): Token | undefined => tokens[at];
  const fail = (wanted: string): never => {
    const found = peek();
    throw new Error(
      found
        ? `line ${found.line}: want ${wanted}, got ${JSON.stringify(found.text.slice(0, 40))}`
        : `want ${wanted}, got the end`,
    );
  };
  const takeIf = (mark: string): boolean => {
    if (peek()?.kind !== 'mark' || peek()?.text !== mark) return false;
    at++;
    return true;
  };
  const message = (end: string | undefined, depth: number): PbMessage => {
    if (depth > depthMax) fail(`at most ${depthMax} messages in one another`);
    const fields = new Map<string, PbValue[]>();
    for (;;) {
      if (end !== undefined && takeIf(end)) return fields;
      const name = peek();
      if (!name && end === undefined) return fields;
      if (name?.kind !== 'word') return fail('the name of a field');
      at++;
      const hasColon = takeIf(':');
      const values = fields.get(name.text) ?? [];
      fields.set(name.text, [...values, ...valuesOf(hasColon, depth)]);
      while (takeIf(',') || takeIf(';'));
    }
  };
  const valuesOf = (hasColon: boolean, depth: number): PbValue[] => {
    if (!takeIf('[')) return [value(hasColon, depth)];
    const values: PbValue[] = [];
    while (!takeIf(']')) {
      values.push(value(true, depth));
      takeIf(',');
    }
    return values;
  };
  const value = (mayBeScalar: boolean, depth: number): PbValue => {
    if (takeIf('{')) return message('}', depth + 1);
    if (takeIf('<')) return message('>', depth + 1);
    const found = peek();
    if (!mayBeScalar || !found || found.kind === 'mark') return fail('a value');
    at++;
    switch (found.kind) {
      case 'number':
        return Number(found.text.replace(/f$/, ''));
      case 'word':
        return found.text === 'true' || (found.text === 'false' ? false : found.text);
      default:
        return texts(found);
    }
  };
  /** Texts that follow one another are one. */
  const texts = (first: Token): string => {
    let joined = unquoted(first.text);
    for (let next = peek(); next?.kind === 'text'; next = peek()) {
      joined += unquoted(next.text);
      at++;
    }
    return joined;
  };
  return message(undefined, 1);
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
