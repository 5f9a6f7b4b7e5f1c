/** The house rules: who may import whom, and what a file looks like. Functions over a root folder, so that they can be shown to fail. */
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { functionLinesMax, longFunctions, longFunctionsIn } from './long-functions.ts';
import { reachedBy } from './reach.ts';

/** Rooms, and the rooms of ours that each may import. */
export const rooms: Readonly<Record<string, readonly string[]>> = {
  inference: [],
  document: [],
  rules: ['document', 'inference'],
  store: ['inference'],
  signing: ['inference'],
  registry: ['inference', 'rollout', 'signing', 'store', 'transport'],
  rollout: ['document', 'inference'],
  limiter: ['inference', 'store'],
  identity: ['document', 'inference', 'store'],
  policies: ['document', 'identity', 'inference', 'limiter', 'routing', 'rules'],
  layers: ['inference'],
  cache: ['inference'],
  routing: ['inference'],
  pipeline: ['document', 'inference', 'routing', 'rules'],
  http2: [],
  transport: ['http2', 'inference'],
  outbound: ['inference', 'routing', 'transport'],
  admin: ['identity', 'inference', 'policies', 'store', 'transport'],
  onnx: ['inference'],
  runtime: ['inference', 'onnx'],
  'tensor-io': ['inference'],
  mesh: [
    'cache',
    'document',
    'identity',
    'inference',
    'limiter',
    'onnx',
    'pipeline',
    'policies',
    'rollout',
    'runtime',
    'signing',
  ],
  trial: ['document', 'inference', 'mesh', 'pipeline', 'registry', 'runtime', 'tensor-io'],
  telemetry: ['inference', 'transport'],
  host: ['inference', 'telemetry', 'transport'],
  supervisor: ['follower', 'host', 'inference', 'mesh', 'runtime', 'telemetry', 'transport', 'trial'],
  follower: ['inference', 'mesh', 'registry', 'signing', 'transport'],
  terminal: [],
  oci: ['inference'],
  jobs: ['inference', 'registry', 'store', 'transport'],
  batch: ['document', 'inference', 'tensor-io'],
};

/** Second entries of rooms: what a process needs that has no use for the rest, and would load it. Who may import the room may import these. */
const parts = ['mesh/alone', 'mesh/content'];

/** Third-party packages that live in some rooms only. `cli` is an app. Everything else of npm is for tools and tests. */
export const owners: Readonly<Record<string, readonly string[]>> = {
  '@grpc/grpc-js': ['transport'],
  '@grpc/proto-loader': ['transport'],
  '@grpc/reflection': ['transport'],
  'grpc-health-check': ['transport'],
  'onnxruntime-node': ['runtime'],
  protobufjs: ['onnx', 'transport'],
  '@marcbachmann/cel-js': ['rules'],
  yaml: ['mesh'],
  jose: ['identity'],
  '@redis/client': ['limiter'],
  opossum: ['outbound'],
  '@peculiar/x509': ['identity'],
  'reflect-metadata': ['identity'],
  '@jimp/core': ['tensor-io'],
  '@jimp/js-jpeg': ['tensor-io'],
  '@jimp/js-png': ['tensor-io'],
  '@jimp/plugin-print': ['tensor-io'],
  canonicalize: ['registry'],
  pg: ['jobs', 'registry', 'store'],
  'pg-boss': ['jobs'],
  'csv-parse': ['batch'],
  'csv-stringify': ['batch'],
  hyparquet: ['batch'],
  'hyparquet-compressors': ['batch'],
  'hyparquet-writer': ['batch'],
  croner: ['batch', 'mesh'],
  'lru-cache': ['cache'],
  pino: ['host'],
  tar: ['oci'],
  '@opentelemetry/sdk-node': ['telemetry'],
  '@opentelemetry/sdk-metrics': ['telemetry'],
  '@opentelemetry/exporter-metrics-otlp-grpc': ['telemetry'],
  '@opentelemetry/exporter-metrics-otlp-http': ['telemetry'],
  '@opentelemetry/exporter-metrics-otlp-proto': ['telemetry'],
  '@opentelemetry/sdk-trace': ['telemetry'],
  '@opentelemetry/propagator-b3': ['telemetry'],
  '@opentelemetry/resources': ['telemetry'],
  '@opentelemetry/exporter-trace-otlp-grpc': ['telemetry'],
  '@opentelemetry/exporter-trace-otlp-http': ['telemetry'],
  '@opentelemetry/exporter-trace-otlp-proto': ['telemetry'],
  '@opentelemetry/exporter-zipkin': ['telemetry'],
};

/** An interface, not an implementation. */
const anywhere = ['@opentelemetry/api'];

const linesMax = 300;

/** What is logged goes to the console by this file alone, and only until somebody says where else. */
const logFile = 'libs/inference/src/log/log.ts';

export interface Violation {
  readonly file: string;
  readonly rule: string;
}

interface SourceFile {
  /** From the root, with `/`. */
  readonly path: string;
  readonly source: string;
  /** A test, or test support. */
  readonly isTest: boolean;
  /** `lib` or `app`, and its name. */
  readonly kind: 'libs' | 'apps';
  readonly room: string;
  readonly tree: ts.SourceFile;
}

export interface Scan {
  readonly files: number;
  readonly violations: readonly Violation[];
}

export function scan(root: string): Scan {
  const paths = globSync(['libs/*/src/**/*.ts', 'apps/*/src/**/*.ts'], { cwd: root }).filter(
    (path) => !path.includes('/generated/'),
  );
  const files = paths.sort().map((path): SourceFile => {
    const [kind, room = ''] = path.split('/');
    const source = readFileSync(join(root, path), 'utf8');
    const isTest = path.endsWith('.test.ts') || path.includes('/src/testing/');
    const tree = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
    return { path, source, isTest, kind: kind === 'apps' ? 'apps' : 'libs', room, tree };
  });
  const found = files.flatMap((file) =>
    [...fileRules(file), ...importRules(file)].map((rule) => ({ file: file.path, rule })),
  );
  return {
    files: files.length,
    violations: [...found, ...lengthRules(files), ...placeRules(files), ...roomRules(root)],
  };
}

/** A function is short, or has an entry in the list of long ones; an entry is of a function that is long. */
function lengthRules(files: readonly SourceFile[]): Violation[] {
  const long = files
    // A test's `describe` holds all of its cases.
    .filter(({ path }) => !path.endsWith('.test.ts'))
    .flatMap(({ path, room, tree }) => longFunctionsIn(tree).map((found) => ({ path, room, ...found })));
  const unlisted = long
    .filter(({ room, name }) => longFunctions[room]?.[name] === undefined)
    .map(({ path, name, lines }) => ({
      file: path,
      rule: `want functions of at most ${functionLinesMax} lines, got ${lines} of ${name}`,
    }));
  const present = new Set(files.map(({ room }) => room));
  const needless = Object.entries(longFunctions)
    .filter(([room]) => present.has(room))
    .flatMap(([room, names]) => Object.keys(names).map((name) => ({ room, name })))
    .filter((listed) => !long.some(({ room, name }) => room === listed.room && name === listed.name))
    .map(({ room, name }) => ({
      file: 'test/architecture/long-functions.ts',
      rule: `want entries of long functions only, got ${name} of ${room}`,
    }));
  return [...unlisted, ...needless];
}

/** What only tests import stands in `src/testing`, where nobody takes it for a part of the product. */
function placeRules(files: readonly SourceFile[]): Violation[] {
  const sources = new Map(files.map(({ path, source }) => [path, source]));
  const entries = [...sources.keys()].filter((path) => /^(libs|apps)\/[^/]+\/src\/(index|main)\.ts$/.test(path));
  const reached = reachedBy(entries, sources);
  return files
    .filter(({ path, isTest }) => !isTest && !reached.has(path))
    .map(({ path }) => ({ file: path, rule: 'want a file that an entry of its room needs, or else src/testing' }));
}

function roomRules(root: string): Violation[] {
  const folders = ['libs', 'apps'].flatMap((kind) =>
    existsSync(join(root, kind)) ? readdirSync(join(root, kind)).map((name) => `${kind}/${name}`) : [],
  );
  return folders.flatMap((folder) => {
    const rules: Violation[] = [];
    if (!existsSync(join(root, folder, 'README.md'))) rules.push({ file: folder, rule: 'want a README.md' });
    if (folder.startsWith('libs/') && !existsSync(join(root, folder, 'src/index.ts')))
      rules.push({ file: folder, rule: 'want an entry, src/index.ts' });
    if (folder.startsWith('libs/') && !(folder.slice(5) in rooms))
      rules.push({ file: folder, rule: 'want an entry in the table of rooms' });
    if (globSync('src/**/*.test.ts', { cwd: join(root, folder) }).length > 0 && !hasTestScript(join(root, folder)))
      rules.push({ file: folder, rule: 'want a script "test", without which nobody runs its tests' });
    return rules;
  });
}

function hasTestScript(folder: string): boolean {
  const path = join(folder, 'package.json');
  return existsSync(path) && typeof JSON.parse(readFileSync(path, 'utf8')).scripts?.test === 'string';
}

function fileRules({ path, source, tree, kind, room, isTest }: SourceFile): string[] {
  const name = path.split('/').at(-1) ?? '';
  const rules: string[] = [];
  if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.ts$/.test(name)) rules.push('want a kebab-case name');
  if (source.split('\n').length > linesMax) rules.push(`want at most ${linesMax} lines`);
  // The CLI's commands print what they answer.
  if (!isTest && !(kind === 'apps' && room === 'cli') && path !== logFile && /\bconsole\.\w/.test(source))
    rules.push('want an event of the log, got console');
  if (/@ts-(ignore|expect-error|nocheck)/.test(source)) rules.push('want no switched-off type check');
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) rules.push('want unknown, got any');
    if (ts.isExportDeclaration(node) && !node.exportClause) rules.push('want exported names one by one, got export *');
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return rules;
}

function importsOf({ path, source }: SourceFile): string[] {
  return ts.preProcessFile(source, true, true).importedFiles.map(({ fileName }) => fileName || path);
}

function importRules(file: SourceFile): string[] {
  return importsOf(file).flatMap((name) => {
    if (name.startsWith('node:')) return [];
    if (!file.isTest && /(^@sheaf\/[^/]+|^\.+(\/.*)?)\/testing(\/|$)/.test(name))
      return [`want no test support, got ${name}`];
    if (name.startsWith('.')) return relativeRule(name);
    if (name.startsWith('@sheaf/')) return roomRule(file, name.slice('@sheaf/'.length));
    return file.isTest ? [] : packageRule(file, name);
  });
}

function relativeRule(name: string): string[] {
  if (!/\.(ts|js|json)$/.test(name)) return [`want an ending in the import of ${name}`];
  return /\/(libs|apps)\//.test(name) ? [`want the entry of the room, got its file ${name}`] : [];
}

function roomRule({ kind, room, isTest }: SourceFile, imported: string): string[] {
  // A test may make models with the builder.
  if (isTest && imported === 'onnx/testing') return [];
  const whole = parts.includes(imported) ? imported.replace(/\/.*/, '') : imported;
  const entry = isTest ? whole.replace(/\/testing$/, '') : whole;
  if (kind === 'apps') return entry in rooms ? [] : [`an app imports libs only, got ${imported}`];
  return rooms[room]?.includes(entry) ? [] : [`${room} may not import ${imported}`];
}

function packageRule({ kind, room }: SourceFile, name: string): string[] {
  const packageName = name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
  if (anywhere.includes(packageName)) return [];
  const allowed = owners[packageName];
  if (!allowed) return [`${packageName} has no room that owns it`];
  return kind === 'libs' && allowed.includes(room) ? [] : [`${packageName} lives in ${allowed.join(', ')} only`];
}
