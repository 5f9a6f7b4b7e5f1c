import { readFile } from 'node:fs/promises';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { type MeshProblem, problemIn } from './problem.ts';

/** A YAML file as plain data, that still knows on which line each part stands. */
export interface YamlFile {
  readonly file: string;
  readonly value: unknown;
  place(path: readonly (string | number)[], message: string): MeshProblem;
}

/** The parser is recursive; what is too deep for it comes as an error of its stack. */
const sentence = (message: string): string =>
  message.startsWith('Maximum call stack') ? 'it is nested too deep to be read' : message;

const yamlBytesMax = 1024 * 1024;

/** Reads one file; mistakes of the YAML itself go to `problems`, and the answer is then undefined. */
export async function readYaml(absolute: string, file: string, problems: MeshProblem[]): Promise<YamlFile | undefined> {
  const text = await readFile(absolute, 'utf8');
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
  const lineOf = (path: readonly (string | number)[]): number => lines.linePos(offsetOf(document.contents, path)).line;
  return {
    file,
    value: document.toJS({ maxAliasCount: 100 }),
    place: (path, message) => ({ file, line: lineOf(path), path: path.join('.'), message }),
  };
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
