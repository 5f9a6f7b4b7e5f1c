/** A stage kind and a combiner need a file of their own and an entry in their table, and nothing else: shown on a copy of the room's source. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  type CallContext,
  elements,
  InferError,
  Journal,
  monotonicClock,
  type Signature,
  tensorOf,
} from '@sheaf/inference';
import type * as Pipeline from '@sheaf/pipeline';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));
const fixtures = new URL('../fixtures/pipeline-kinds/', import.meta.url);

/** The import and the entry of the table. */
const entries = {
  'stages/index.ts': ["import { retry } from './retry.ts';\n", '  fallback,\n', '  retry,\n'],
  'combiners/index.ts': ["import { min } from './min.ts';\n", '  max,\n', '  min,\n'],
} as const;

let room: string;
let source: string;
before(async () => {
  room = await mkdtemp(join(tmpdir(), 'sheaf-kinds-'));
  source = join(room, 'src');
  await cp(join(root, 'libs/pipeline/src'), source, {
    recursive: true,
    filter: (path) => !path.endsWith('.test.ts') && !path.endsWith('/testing'),
  });
  await cp(join(root, 'libs/pipeline/package.json'), join(room, 'package.json'));
  await symlink(join(root, 'node_modules'), join(room, 'node_modules'));
  await writeFile(join(source, 'stages/retry.ts'), await readFile(new URL('retry.ts', fixtures)));
  await writeFile(join(source, 'combiners/min.ts'), await readFile(new URL('min.ts', fixtures)));
});
after(() => rm(room, { recursive: true, force: true }));

async function enter(file: keyof typeof entries): Promise<void> {
  const [imported, last, entry] = entries[file];
  const text = await readFile(join(source, file), 'utf8');
  assert.ok(text.includes(last), `${file} has no line "${last.trim()}"`);
  await writeFile(join(source, file), imported + text.replace(last, last + entry));
}

const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), (path) => ts.sys.readFile(path));
const typeRoots = [join(root, 'node_modules/@types')];
const { options } = ts.convertCompilerOptionsFromJson({ ...config.compilerOptions, typeRoots }, root);
const host = ts.createCompilerHost(options);
const parsed = new Map<string, ts.SourceFile | undefined>();

/** What the compiler says of the copy, with the options of the project. What is no part of it is parsed once. */
function mistakes(): string[] {
  const getSourceFile: ts.CompilerHost['getSourceFile'] = (path, ...rest) => {
    if (path.startsWith(source)) return host.getSourceFile(path, ...rest);
    if (!parsed.has(path)) parsed.set(path, host.getSourceFile(path, ...rest));
    return parsed.get(path);
  };
  const roots = ['index.ts', 'stages/retry.ts'].map((path) => join(source, path));
  const program = ts.createProgram(roots, options, { ...host, getSourceFile });
  return program
    .getSourceFiles()
    .filter(({ fileName }) => fileName.startsWith(source))
    .flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
    .map(({ file, messageText }) => `${file?.fileName.slice(source.length + 1)}: ${flat(messageText)}`);
}

const flat = (text: string | ts.DiagnosticMessageChain): string => ts.flattenDiagnosticMessageText(text, ' ');

const signature: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1], symbols: ['n'] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1], symbols: ['n'] }],
};
const document = {
  pipeline: 'p',
  inputs: { x: { datatype: 'FP32', shape: ['n'] } },
  stages: {
    s: {
      retry: { ensemble: { a: { model: 'one' }, b: { model: 'two' } }, combine: { min: 'y' } },
      attempts: 3,
      inputs: { x: 'x' },
    },
  },
  outputs: { y: 's.y' },
};

function contextOf(): CallContext {
  const journal = new Journal();
  const span = journal.start('request', 'test', undefined);
  const { signal } = new AbortController();
  const deadline = monotonicClock.now() + 10_000;
  return { clock: monotonicClock, deadline, signal, snapshot: { epoch: 1 }, journal, span };
}

describe('a new kind of step, and a new combiner', () => {
  it('do not compile where a kind has no entry in the table', () => {
    assert.match(mistakes().join('\n'), /^stages\/index\.ts: Property 'retry' is missing/);
  });

  it('do not compile where a kind says nothing of one of its parts', async () => {
    await enter('stages/index.ts');
    await enter('combiners/index.ts');
    const file = join(source, 'stages/retry.ts');
    const whole = await readFile(file, 'utf8');
    await writeFile(file, whole.replace(/ {2}describe: .*\n/, ''));
    assert.match(mistakes().join('\n'), /^stages\/retry\.ts: Property 'describe' is missing/);
    await writeFile(file, whole);
  });

  it('need nothing else to compile, to run, to be drawn and to stand in the schema and on the reference page', async () => {
    assert.deepEqual(mistakes(), []);
    const pipeline: typeof Pipeline = await import(join(source, 'index.ts'));
    const { spec, problems } = pipeline.parsePipeline(document);
    assert.deepEqual(problems, []);
    assert.ok(spec);
    const { checked } = pipeline.typeCheck(spec, () => signature);
    assert.ok(checked);

    let calls = 0;
    const model = (target: Pipeline.ModelTarget): Pipeline.AskModel => {
      const name = target.kind === 'model' ? target.name : target.path;
      return async () => {
        calls++;
        if (calls <= 2) throw new InferError('UNAVAILABLE', 'not yet');
        const values = Float32Array.of(name === 'one' ? 1 : 2, name === 'one' ? 4 : 3);
        return { model: name, version: '1', parameters: new Map(), outputs: [tensorOf('y', 'FP32', [2], values)] };
      };
    };
    const nobody = () => assert.fail('it asks no pipeline');
    const { infer } = pipeline.createPipeline(checked, { model, pipeline: nobody });
    const request = { model: 'p', version: '', id: '', outputs: [], parameters: new Map() };
    const inputs = [tensorOf('x', 'FP32', [2], Float32Array.of(0, 0))];
    const { outputs, parameters } = await infer({ ...request, inputs }, contextOf());
    const [y] = outputs;
    assert.ok(y);
    assert.deepEqual([...elements({ ...y, datatype: 'FP32' })], [1, 3]);
    assert.equal(parameters.get('sheaf_versions'), 's.a=one/1, s.b=two/1');

    const dry = await infer({ ...request, inputs, parameters: new Map([['sheaf_plan', true]]) }, contextOf());
    assert.match(String(dry.parameters.get('sheaf_plan')), /"asks":"retry, 3 attempts"/);
    assert.match(pipeline.toMermaid(spec), /s: retry, 3 attempts<br\/>- each attempt: ensemble, min/);
    assert.match(pipeline.toSvg(spec), /retry: min/);
    assert.match(
      JSON.stringify(pipeline.pipelineSchema()),
      /So often at most\..*The smallest value, element by element\./,
    );
    assert.match(pipeline.referencePage(), /### retry\n/);
    assert.match(pipeline.referencePage(), /\| `min` \| The smallest value/);
    assert.deepEqual(
      pipeline.plannedCalls(spec, () => undefined).map((target) => 'name' in target && target.name),
      ['one', 'two'],
    );
    assert.ok(pipeline.combinerKinds.includes('min' as never));
  });
});
