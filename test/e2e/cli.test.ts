/** The commands of the shell as a person types them. Long, since each has its right and its wrong inputs. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sampleModels } from '@sheaf/onnx/testing';
import { decodeImage } from '@sheaf/tensor-io';
import { Jimp } from '../support/image.ts';
import { writeFolder } from '../support/mesh-folder.ts';
import { type RunningCommand, runSheaf, startSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

const page = (name: string): string =>
  fileURLToPath(new URL(`../../examples/postcode/pages/${name}.png`, import.meta.url));
const example = fileURLToPath(new URL('../../examples/postcode', import.meta.url));

/** A mesh that starts while much else runs on the machine. */
const upWithinMs = 120_000;

/** `sheaf up` on a free port; the port is in its last line. */
async function up(folder: string, ...options: string[]): Promise<{ command: RunningCommand; address: string }> {
  const command = startSheaf(['up', folder, '--port', '0', ...options]);
  const upLine = /the mesh is up: gRPC on (\S+);/;
  await waitFor(() => upLine.test(command.output()), command.output, upWithinMs);
  return { command, address: upLine.exec(command.output())?.[1] ?? '' };
}

async function down(command: RunningCommand): Promise<void> {
  command.kill('SIGINT');
  const { code } = await command.ended;
  assert.equal(code, 0, command.output());
}

describe('sheaf', () => {
  it('tells what went wrong without what would move a cursor, line by line', async () => {
    const folder = await writeFolder({});
    const { code, stderr } = await runSheaf(['check', join(folder, '\u001b[31mno')]);
    assert.equal(code, 2);
    assert.match(stderr, /\?\[31mno/);
    await rm(folder, { recursive: true });
  });
});

describe('sheaf up', () => {
  it('lists every process with its pid, drains on Ctrl-C and exits 0', async () => {
    const folder = await writeFolder({ 'models/a': sampleModels.scale(1), 'models/b': sampleModels.scale(2) });
    const { command } = await up(folder);
    for (const name of ['a', 'b', 'gateway'])
      assert.match(command.output(), new RegExp(`${name} is ready, pid \\d+, port \\d+`));
    await down(command);
    await rm(folder, { recursive: true });
  });

  it('ends with one sentence and exit code 2 when its port is taken', async (test) => {
    const server = createServer().listen(0, '127.0.0.1');
    test.after(() => server.close());
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const folder = await writeFolder({ 'models/quick': sampleModels.scale(2) });
    const { code, stderr } = await runSheaf(['up', folder, '--port', String(port)]);
    assert.equal(code, 2);
    assert.equal(stderr, `gateway: cannot listen on 127.0.0.1:${port}; is the port taken?\n`);
    await rm(folder, { recursive: true });
  });

  it('--strict ends with one sentence and exit code 2 when the runtime cannot load a model', async () => {
    const folder = await writeFolder({
      'models/odd/1/model.onnx': sampleModels.scale(1),
      'models/odd/2/model.onnx': sampleModels.unknownOperator(),
    });
    const { code, stderr } = await runSheaf(['up', folder, '--port', '0', '--strict']);
    assert.equal(code, 2);
    assert.match(stderr, /^model odd\/2 does not run: the runtime cannot load it: .*Frobnicate.*\n$/);
    await rm(folder, { recursive: true });
  });

  it('--watch takes up what changes, and keeps the old state of what is broken', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sheaf-init-'));
    assert.equal((await runSheaf(['init', folder])).code, 0);
    const { command, address } = await up(folder, '--watch');
    const species = async (): Promise<string[]> => {
      const args = ['infer', 'classify-iris', join(folder, 'flowers.json'), '--output', 'species', '--json'];
      return JSON.parse((await runSheaf([...args, '--address', address])).stdout).outputs[0].data;
    };
    const edit = async (file: string, from: string, to: string, told: string): Promise<void> => {
      const before = command.output().length;
      const text = await readFile(join(folder, file), 'utf8');
      await writeFile(join(folder, file), text.replace(from, to));
      await waitFor(() => command.output().slice(before).includes(told), command.output);
    };
    assert.deepEqual(await species(), ['setosa', 'virginica', 'virginica']);
    await edit('name-species.ts', '0.6;', '0.9;', 'the change is taken up');
    assert.deepEqual(await species(), ['setosa', 'unsure', 'virginica']);
    await edit('pipelines/classify-iris.yaml', 'name.species', 'name.nothing', 'is served as it was before');
    assert.match(command.output(), /classify-iris\.yaml:\d+: outputs\.species: stage "name" has no output "nothing"/);
    assert.deepEqual(await species(), ['setosa', 'unsure', 'virginica']);
    await edit(
      'pipelines/classify-iris.yaml',
      'name.nothing',
      'name.species',
      'the folder is again what the mesh serves',
    );
    await down(command);
    await rm(folder, { recursive: true });
  });
});

describe('sheaf init', () => {
  it('makes a folder, anywhere, that has no mistakes and says what it teaches', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'sheaf-init-'));
    assert.equal((await runSheaf(['init', 'mesh'], parent)).code, 0);
    const { code, stdout, stderr } = await runSheaf(['check', 'mesh'], parent);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(
      stdout,
      /^models\/[a-z-]+\/1: batched: .*\nno mistakes: 1 model, 1 transform, 1 pipeline, 2 services\n$/,
    );
    const again = await runSheaf(['init', 'mesh'], parent);
    assert.deepEqual([again.code, again.stderr], [2, 'mesh is not empty; want a new folder\n']);
    await rm(parent, { recursive: true });
  });
});

describe('sheaf graph', () => {
  it('prints Mermaid, and draws the picture that the READMEs show', async () => {
    const { stdout } = await runSheaf(['graph', 'read-postcode', example]);
    assert.match(stdout, /^flowchart LR\n/);
    assert.match(stdout, / s1 -- "pixels[^"]*" --> s2$/m);
    const folder = await mkdtemp(join(tmpdir(), 'sheaf-graph-'));
    assert.equal((await runSheaf(['graph', 'read-postcode', example, '--svg', 'out.svg'], folder)).code, 0);
    const committed = await readFile(join(example, 'read-postcode.svg'), 'utf8');
    assert.equal(
      await readFile(join(folder, 'out.svg'), 'utf8'),
      committed,
      'draw it again: npx sheaf graph ... --svg',
    );
    await rm(folder, { recursive: true });
  });
});

describe('sheaf infer', () => {
  let command: RunningCommand;
  let address: string;
  let folder: string;
  before(async () => {
    ({ command, address } = await up(example));
    folder = await mkdtemp(join(tmpdir(), 'sheaf-infer-'));
    const png = await readFile(page('000'));
    await writeFile(join(folder, 'cut.png'), png.subarray(0, 300));
    await writeFile(join(folder, 'text.png'), 'no image');
    await writeFile(join(folder, 'page.gif'), 'GIF89a');
    await writeFile(join(folder, 'list.json'), '[[0, 1], [2]]');
  });
  after(async () => {
    await down(command);
    await rm(folder, { recursive: true });
  });
  const infer = (...args: string[]) => runSheaf(['infer', ...args, '--address', address], folder);

  it('reads a page, as a table, as JSON, and with the path that it took', async () => {
    const table = await infer('read-postcode', page('000'));
    assert.match(table.stdout, /^digits +INT64 +\[5\] +6 7 1 5 0$/m);
    const json = JSON.parse((await infer('read-postcode', page('000'), '--json', '--output', 'digits')).stdout);
    assert.deepEqual(json.outputs, [{ name: 'digits', datatype: 'INT64', shape: [5], data: [6, 7, 1, 5, 0] }]);
    const { stdout } = await infer('read-postcode', page('000'), '--explain');
    for (const line of [
      /^gateway ModelInfer +[0-9.]+ ms$/m,
      /^├─ stage locate +[0-9.]+ ms$/m,
      /^│ {2}│ {2}└─ try digits-cnn +[0-9.]+ ms +digits-cnn\/1 at 127\.0\.0\.1:\d+$/m,
      /^│ {8}└─ digits-kernel ModelInfer +[0-9.]+ ms$/m,
      /^│ {11}└─ run digits-kernel\/1 +[0-9.]+ ms +5 rows of 1 call, batched: its rows are independent$/m,
    ])
      assert.match(stdout, line);
  });

  it('explains a call, and what a call would do', async () => {
    const explain = (...args: string[]) => runSheaf(['explain', ...args, '--address', address], folder);
    const told = await explain('read-postcode', page('000'), '--header', 'x-channel=phone');
    assert.equal(told.code, 0, told.stderr);
    assert.match(told.stdout, /^│ {2}├─ member forest +[0-9.]+ ms +weight 0\.5$/m);
    assert.match(
      told.stdout,
      /^sheaf_ensembles +\{"read":\{"used":\{"cnn":1,"forest":0\.5,"kernel":1\},"missing":\{\}\}\}$/m,
    );
    const { stdout } = await explain('read-postcode', page('000'), '--plan', '--timeout', '700');
    assert.match(stdout, /^read-postcode\/1 {2}within \d+\.\d ms, /);
    assert.match(stdout, /^│ {2}├─ 1: model "digit-locator" +at most 2000\.0 ms$/m);
    assert.match(stdout, /^ {6}├─ forest: model "digits-forest" +optional, weight 1$/m);
    assert.match(stdout, /^ {3}└─ each: ensemble, soft-vote +quorum 2$/m);
    const json = JSON.parse((await explain('read-postcode', page('000'), '--json')).stdout);
    assert.equal(json.kind, 'request');
    const model = await explain('digits-cnn', JSON.stringify([new Array(64).fill(0)]), '--plan');
    assert.deepEqual(
      [model.code, model.stderr],
      [2, 'parameters["sheaf_plan"]: "digits-cnn" is no pipeline; only a pipeline has a plan\n'],
    );
  });

  it('draws what was read', async () => {
    const { code, stderr } = await infer('read-postcode', page('000'), '--draw', 'out.png');
    assert.deepEqual([code, stderr], [0, 'drawn: out.png\n']);
    const drawn = await decodeImage(await readFile(join(folder, 'out.png')));
    const original = await decodeImage(await readFile(page('000')));
    assert.equal(drawn.width % original.width, 0);
    // Green frames: all digits of this page are certain.
    const greens = Array.from({ length: drawn.data.length / 4 }, (_, pixel) =>
      drawn.data.subarray(4 * pixel, 4 * pixel + 3),
    );
    assert.ok(greens.filter(([red, green, blue]) => red === 30 && green === 140 && blue === 60).length > 1000);
  });

  it('takes a page in colour, one without digits, and one a pixel large', async () => {
    const save = async (name: string, width: number, height: number, colour: number): Promise<string> => {
      await writeFile(join(folder, name), await new Jimp({ width, height, color: colour }).getBuffer('image/png'));
      return name;
    };
    for (const file of [await save('blue.png', 200, 80, 0x6060ffff), await save('one.png', 1, 1, 0xffffffff)]) {
      const { code, stdout, stderr } = await infer('read-postcode', file, '--json', '--output', 'digits');
      assert.equal(code, 0, stderr);
      assert.deepEqual(JSON.parse(stdout).outputs[0].data, []);
    }
    const wide = await infer('read-postcode', await save('wide.png', 20_000, 20, 0xffffffff), '--json');
    assert.equal(wide.code, 0, wide.stderr);
  });

  it('says of an array that no message holds how large it may be', async () => {
    const dict = "{'descr': '|u1', 'fortran_order': False, 'shape': (8193, 8192), }".padEnd(117);
    const head = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, 118, 0]);
    await writeFile(
      join(folder, 'large.npy'),
      Buffer.concat([head, Buffer.from(`${dict}\n`), Buffer.alloc(8193 * 8192)]),
    );
    const large = await infer('read-postcode', 'large.npy');
    assert.equal(large.code, 2);
    assert.match(large.stderr, /want at most 67108864 bytes, got 67117\d{3}/);
  });

  const known = 'the inputs of read-postcode are page \\(UINT8 \\[-1,-1\\]\\)';
  const mistakes: [string, string[], RegExp][] = [
    ['no name', [], /^usage: sheaf infer <pipeline or model> <input>/],
    ['an unknown name', ['nobody', page('000')], /^there is no model or pipeline "nobody"$/],
    [
      'an unknown version',
      ['read-postcode', page('000'), '--version', '7'],
      /^"read-postcode" has no version 7; it has 1$/,
    ],
    ['no input', ['read-postcode'], new RegExp(`^input "page" is missing; ${known}$`)],
    ['two inputs of one', ['read-postcode', page('000'), page('001')], new RegExp(`given twice; ${known}$`)],
    ['no such file', ['read-postcode', 'nothing.png'], /^nothing\.png: there is no such file$/],
    ['a folder', ['read-postcode', '.'], /^\.: it is a folder$/],
    ['an image cut off', ['read-postcode', 'cut.png'], /^the image is damaged or cut off$/],
    ['a text called an image', ['read-postcode', 'text.png'], /^page: it is no image, \.npy or JSON list/],
    ['an image of another kind', ['read-postcode', 'page.gif'], /^page: it is no image, \.npy or JSON list/],
    ['a ragged list', ['read-postcode', 'list.json'], /^page\[1\]: want 2 elements, got 1$/],
    ['no JSON', ['read-postcode', '[[1, 2'], /^page: is no JSON: /],
    ['a number out of range', ['read-postcode', '[[256]]'], /^page\[0\]\[0\]: want 0 to 255, got 256$/],
    ['an unknown output', ['read-postcode', page('000'), '--output', 'x'], /no output "x"; the outputs are digits/],
    ['a model of another shape', ['digits-cnn', '[[1, 2]]'], /^pixels: shape\[1\]: want 64, got 2$/],
    ['a drawing of no boxes', ['read-postcode', page('000'), '--output', 'digits', '--draw', 'x.png'], /no boxes/],
    [
      'a drawing of no image',
      ['read-postcode', '[[0]]', '--draw', 'x.png'],
      /^--draw wants an image as the first input/,
    ],
    [
      'a drawing that cannot be written',
      ['read-postcode', page('000'), '--draw', '/nowhere/x.png'],
      /cannot be written \(ENOENT\)$/,
    ],
    ['a shape that is none', ['read-postcode', page('000'), '--shape', 'x'], /^--shape: want <input>=<dimensions>/],
    ['a time that is none', ['read-postcode', page('000'), '--timeout', 'soon'], /^--timeout: want an integer/],
    ['an unknown option', ['read-postcode', '--colour'], /Unknown option '--colour'/],
  ];
  for (const [name, args, sentence] of mistakes) {
    it(`tells in a sentence, with exit code 2, of ${name}`, async () => {
      const { code, stdout, stderr } = await infer(...args);
      assert.equal(code, 2, stdout);
      assert.match(stderr.trimEnd(), sentence);
      assert.doesNotMatch(stderr, /\n +at |node:internal/);
    });
  }
});

describe('a command that is wrong', () => {
  // All that commands say of themselves is tested beside the command line; these show what becomes of it in a process.
  const cases: [string[], RegExp][] = [
    [[], /^usage: sheaf <command>/],
    [['check', example, '--fast'], /Unknown option '--fast'/],
    [['infer', 'm', '[1]', '--address', '127.0.0.1:1'], /cannot be reached; is the mesh up\?/],
    [['keys', 'list', '/nowhere'], /^\/nowhere: want a mesh folder, found none$/],
    [['certs', example, '--days', '0'], /^--days: want an integer from 1 to 825, got "0"$/],
  ];
  for (const [args, sentence] of cases) {
    it(`says what it wanted: sheaf ${args.map((arg) => arg.split('/').at(-1)).join(' ')}`, async () => {
      const { code, stdout, stderr } = await runSheaf(args);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr.trimEnd(), sentence);
      assert.doesNotMatch(stderr, /\n +at |node:internal/);
    });
  }
});
