/** A copy of a room's source in which a kind of something can be added by its own file and its entry in a table, compiled with the options of the project, and run. */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), (path) => ts.sys.readFile(path));
const typeRoots = [join(root, 'node_modules/@types')];
const { options } = ts.convertCompilerOptionsFromJson({ ...config.compilerOptions, typeRoots }, root);

/** What is added to a table: an import, and an entry behind the line of another. */
export interface Entry {
  /** The file of the table, from `src`. */
  readonly file: string;
  readonly imported: string;
  readonly after: string;
  readonly entry: string;
}

export interface RoomCopy {
  /** The folder `src` of the copy. */
  readonly source: string;
  /** Puts a file of `test/fixtures` to where it is named, from `src`. */
  add(fixture: string, path: string): Promise<void>;
  enter(entry: Entry): Promise<void>;
  /** Takes what matches out of a file for as long as `use` runs. */
  without(path: string, part: RegExp, use: () => void): Promise<void>;
  /** What the compiler says of the copy, from these files on. What is no part of it is parsed once. */
  mistakes(...files: readonly string[]): string[];
  remove(): Promise<void>;
}

export async function copyRoom(name: string): Promise<RoomCopy> {
  const room = await mkdtemp(join(tmpdir(), 'sheaf-room-'));
  const source = join(room, 'src');
  await cp(join(root, 'libs', name, 'src'), source, {
    recursive: true,
    filter: (path) => !path.endsWith('.test.ts') && !path.endsWith('/testing'),
  });
  await cp(join(root, 'libs', name, 'package.json'), join(room, 'package.json'));
  await symlink(join(root, 'node_modules'), join(room, 'node_modules'));
  return {
    source,
    add: (fixture, path) => cp(join(root, 'test/fixtures', fixture), join(source, path)),
    async enter({ file, imported, after, entry }) {
      const text = await readFile(join(source, file), 'utf8');
      if (!text.includes(after)) throw new Error(`${file} has no line "${after.trim()}"`);
      await writeFile(join(source, file), imported + text.replace(after, after + entry));
    },
    async without(path, part, use) {
      const whole = await readFile(join(source, path), 'utf8');
      if (!part.test(whole)) throw new Error(`${path} has nothing like ${part}`);
      await writeFile(join(source, path), whole.replace(part, ''));
      use();
      await writeFile(join(source, path), whole);
    },
    mistakes: createCompiler(source),
    remove: () => rm(room, { recursive: true, force: true }),
  };
}

function createCompiler(source: string): RoomCopy['mistakes'] {
  const host = ts.createCompilerHost(options);
  const parsed = new Map<string, ts.SourceFile | undefined>();
  const getSourceFile: ts.CompilerHost['getSourceFile'] = (path, ...rest) => {
    if (path.startsWith(source)) return host.getSourceFile(path, ...rest);
    if (!parsed.has(path)) parsed.set(path, host.getSourceFile(path, ...rest));
    return parsed.get(path);
  };
  return (...files) => {
    const roots = ['index.ts', ...files].map((path) => join(source, path));
    const program = ts.createProgram(roots, options, { ...host, getSourceFile });
    return program
      .getSourceFiles()
      .filter(({ fileName }) => fileName.startsWith(source))
      .flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
      .map(({ file, messageText }) => `${file?.fileName.slice(source.length + 1)}: ${flat(messageText)}`);
  };
}

const flat = (text: string | ts.DiagnosticMessageChain): string => ts.flattenDiagnosticMessageText(text, ' ');
