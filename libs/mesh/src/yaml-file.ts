import { readFile } from 'node:fs/promises';
import { type Path, Problems, type Reader } from '@sheaf/document';
import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { type MeshProblem, problemIn } from './problem.ts';

/** A mistake at a path into a file. */
export type Place = (path: Path, message: string) => MeshProblem;

/** A YAML file as plain data, that still knows on which line each part stands. */
export interface YamlFile {
  readonly file: string;
  readonly value: unknown;
  readonly place: Place;
}

/** The parser is recursive; what is too deep for it comes as an error of its stack. */
const sentence = (message: string): string =>
  message.startsWith('Maximum call stack') ? 'it is nested too deep to be read' : message;

const yamlBytesMax = 1024 * 1024;
/** Copies that aliases of aliases make of one part. */
const aliasesMax = 100;

interface Failure {
  readonly message: string;
  readonly offset?: number | undefined;
}

/** With aliases written out, which may be more than anybody meant. */
function plain(document: Document, fail: (failure: Failure) => void): unknown {
  try {
    return document.toJS({ maxAliasCount: aliasesMax });
  } catch (error) {
    fail(failureOf(document, error instanceof Error ? error.message : String(error)));
    return undefined;
  }
}

/** The library's errors of aliases know no place. */
function failureOf(document: Document, message: string): Failure {
  if (message.startsWith('Excessive alias'))
    return { message: `aliases in what other aliases stand for may make at most ${aliasesMax} copies of a part` };
  const name = /^Unresolved alias .*: (.*)$/.exec(message)?.[1];
  if (name === undefined) return { message: sentence(message) };
  let offset: number | undefined;
  visit(document, {
    Alias: (_, { source, range }) => {
      if (source !== name) return undefined;
      offset = range?.[0];
      return visit.BREAK;
    },
  });
  return { message: `there is no anchor &${name} before the alias`, offset };
}

/** Reads one file; mistakes of the YAML itself go to `problems`, and the answer is then undefined. */
export async function readYaml(absolute: string, file: string, problems: MeshProblem[]): Promise<YamlFile | undefined> {
  const text = await readFile(absolute, 'utf8').catch(({ code, message }: NodeJS.ErrnoException) => {
    problems.push(problemIn(file, code === 'EISDIR' ? 'want a file, got a folder' : `it cannot be read: ${message}`));
    return undefined;
  });
  return text === undefined ? undefined : parseYaml(text, file, problems);
}

/** The same of a text; `file` is how it is told of. */
export function parseYaml(text: string, file: string, problems: MeshProblem[]): YamlFile | undefined {
  if (text.length > yamlBytesMax) {
    problems.push(problemIn(file, `want at most ${yamlBytesMax} bytes, got ${text.length}`));
    return undefined;
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, merge: true });
  const before = problems.length;
  for (const error of document.errors) {
    problems.push({ file, line: lines.linePos(error.pos[0]).line, path: '', message: sentence(error.message) });
  }
  if (problems.length > before) return undefined;
  const value = plain(document, ({ message, offset }) =>
    problems.push({ ...problemIn(file, message), line: offset === undefined ? undefined : lines.linePos(offset).line }),
  );
  if (problems.length > before) return undefined;
  const lineOf = (path: readonly (string | number)[]): number => lines.linePos(offsetOf(document.contents, path)).line;
  return {
    file,
    value,
    place: (path, message) => ({ file, line: lineOf(path), path: path.join('.'), message }),
  };
}

/** Reads all of a file by the definition of its kind; each mistake goes to `problems` with its line. */
export function readDocument<T>(yaml: YamlFile, document: Reader<T>, problems: MeshProblem[]): T | undefined {
  const found = new Problems();
  const read = document.read(yaml.value, [], found);
  problems.push(...found.list.map(({ path, message }) => yaml.place(path, message)));
  return read;
}

/** The offset of the deepest part of `path` that exists. */
function offsetOf(root: Node | null, path: readonly (string | number)[]): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (!pair) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step];
      offset = (node as Node | undefined)?.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}
