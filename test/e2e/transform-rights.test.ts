/** What a transform may do, tried in a mesh that runs. Long, since each right has a transform that wants it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Tensor, tensorOf } from '@sheaf/inference';
import { formatProblem, readMesh } from '@sheaf/mesh';
import { ask, type Files, startTestMesh, type TestMesh, writeFolder } from '../support/mesh-folder.ts';
import { runSheaf, startSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

const binding = fileURLToPath(
  new URL(
    `./bin/napi-v6/${process.platform}/${process.arch}/onnxruntime_binding.node`,
    import.meta.resolve('onnxruntime-node/package.json'),
  ),
);
const trusted = 'say trusted: true under services.acts in mesh.yaml';
const network = 'say network: true under services.acts in mesh.yaml';

/** What a transform does, what its sentence says that it wants, and how that goes on; `PORT` is one that somebody listens on. */
const acts: readonly [name: string, act: string, wants: string, detail: RegExp, remedy: string][] = [
  [
    'reads a file outside its folder',
    `node('fs').readFileSync('/etc/passwd')`,
    'to read a file that it may not',
    /^ \(\/etc\/passwd\)$/,
    `put what it needs into the mesh folder, or ${trusted}`,
  ],
  [
    'reads a key of the mesh',
    `node('fs').readFileSync(new URL('./secrets/token', import.meta.url))`,
    'to read a file that it may not',
    /^ \(.*\/secrets\/token\)$/,
    `put what it needs into the mesh folder, or ${trusted}`,
  ],
  ...['.sheaf/state.db', 'certs/client-ca.key', '.env', 'calls.log'].map((path): (typeof acts)[number] => [
    `reads ${path}`,
    `node('fs').readFileSync(new URL('./${path}', import.meta.url))`,
    'to read a file that it may not',
    /^ \(.*\)$/,
    `put what it needs into the mesh folder, or ${trusted}`,
  ]),
  [
    'writes a file',
    `node('fs').writeFileSync(new URL('./written', import.meta.url), '')`,
    'to write a file',
    /^ \(.*\/written\)$/,
    trusted,
  ],
  [
    'writes a file by a database',
    `new (await import('node:sqlite')).DatabaseSync(new URL('./db', import.meta.url)).exec('create table t(x)')`,
    'node:sqlite',
    /^$/,
    trusted,
  ],
  [
    'connects',
    `await once(node('net').connect(PORT, '127.0.0.1'), 'connect')`,
    'the network',
    /^ \(connect to 127\.0\.0\.1:\d+\)$/,
    network,
  ],
  ['fetches', `await fetch('http://localhost:' + PORT)`, 'the network', /^ \(look up localhost\)$/, network],
  [
    'connects and never looks how that goes',
    `node('net').connect(PORT, '127.0.0.1'); await new Promise((resolve) => setTimeout(resolve, 60_000))`,
    'the network',
    /^ \(connect to 127\.0\.0\.1:\d+\)$/,
    network,
  ],
  ['listens', `node('net').createServer().listen(0)`, 'the network', /^$/, network],
  ['starts a process', `node('child_process').execFileSync('true')`, 'to start a process', /^ \(true\)$/, trusted],
  [
    'starts a thread',
    `new (node('worker_threads').Worker)('', { eval: true })`,
    'to start a worker thread',
    /^$/,
    trusted,
  ],
  [
    'loads a native add-on',
    `process.dlopen({ exports: {} }, ${JSON.stringify(binding)})`,
    'to load a native add-on',
    /^$/,
    'say addons: true under services.acts in mesh.yaml',
  ],
  ['opens the inspector', `node('inspector').open(0)`, 'to open the inspector', /^ \(StartIoThread\)$/, trusted],
  [
    'slows its service down',
    `node('os').setPriority(process.ppid, 19)`,
    'to set the priority of a process',
    /^$/,
    trusted,
  ],
  ['signals its parent', `process.kill(process.ppid, 0)`, 'to send a signal', /^$/, trusted],
  ['sets flags of V8', `node('v8').setFlagsFromString('--stack-size=984')`, 'to set flags of V8', /^$/, trusted],
];

const imports = `import { once } from 'node:events';
import { defineTransform } from '@sheaf/inference';
const node = (name: string): any => process.getBuiltinModule('node:' + name);
`;
const declared = `{
  inputs: { x: { datatype: 'INT32', shape: [2] } },
  outputs: { y: { datatype: 'BYTES', shape: [1] } },
}`;
/** Does the act whose number it is sent, with the port that it is sent. */
const acting = `${imports}
const acts: ((PORT: number) => unknown)[] = [${acts.map(([, act]) => `async (PORT) => { ${act}; }`).join(',\n')},
  () => process.pid + ' ' + process.ppid,
  () => { for (;;); },
];
export default defineTransform(${declared}, async ({ x }) => ({
  y: { shape: [1], data: [new TextEncoder().encode(String(await acts[x.data[0]!]!(x.data[1]!)))] },
}));
`;
const pidsAct = acts.length;
const loopAct = acts.length + 1;
const pipeline = `pipeline: p
inputs: { x: { datatype: INT32, shape: [2] } }
stages: { made: { transform: ./acts.ts, inputs: { x: x } } }
outputs: { y: made.y }
`;
/** The service \`far\` is nobody's; its token is. */
const meshYaml = (rights: string): string => `services:
  far: { models: [m], endpoint: 'dns:///127.0.0.1:9', token: { file: ./secrets/token } }
  ${rights}
`;
const files: Files = {
  'acts.ts': acting,
  'pipelines/p.yaml': pipeline,
  'secrets/token': 'secret',
  'certs/client-ca.key': 'secret',
  '.env': 'KEY=secret',
  'policies.yaml':
    'identity: { anonymous: { tenant: all, roles: [infer], models: ["*"] } }\naccessLog: { file: ./calls.log }\n',
  'mesh.yaml': meshYaml(''),
};
const act = (number: number, port = 0): Tensor => tensorOf('x', 'INT32', [2], Int32Array.of(number, port));
const textOf = (tensor: Tensor | undefined): string => new TextDecoder().decode((tensor as Tensor).data.subarray(4));

/** Nobody is at `far`. */
const start = (given: Files): Promise<TestMesh> => startTestMesh(given, undefined, false);

describe('a transform that was granted nothing', () => {
  let mesh: TestMesh;
  let server: Server;
  let port = 0;
  before(async () => {
    mesh = await start(files);
    server = createServer((socket) => socket.end())
      .listen(0, '127.0.0.1')
      .unref();
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  after(async () => {
    server.close();
    await mesh[Symbol.asyncDispose]();
  });

  for (const [number, [name, , wants]] of acts.entries())
    it(`is told so in a sentence when it ${name}`, async () => {
      const denied = { code: 'FAILED_PRECONDITION', reason: 'NOT_PERMITTED' };
      const message = `transform "acts" wants ${wants}`;
      await assert.rejects(ask(mesh.service('acts'), 'acts', [act(number, port)]), { ...denied, message });
      // What a transform may not is no mistake of the pipeline that asks it.
      await assert.rejects(ask(mesh.gateway, 'p', [act(number, port)]), {
        ...denied,
        message: `stage made: ${message}`,
      });
    });

  it('answers other calls after all of that', async () => {
    const { byName } = await ask(mesh.gateway, 'p', [act(pidsAct)]);
    assert.match(textOf(byName.get('y')), /^\d+ \d+$/);
  });
});

describe('a transform that does so while it is loaded', () => {
  for (const [name, code, wants, detail, remedy] of acts)
    it(`is a mistake of its folder when it ${name}`, async () => {
      const loading = `${imports}const PORT = 65_535;\n${code};\nexport default defineTransform(${declared}, () => ({}) as never);\n`;
      const folder = await writeFolder({ ...files, 'acts.ts': loading });
      const { problems } = await readMesh(folder);
      await rm(folder, { recursive: true });
      const [sentence = ''] = problems.map(formatProblem);
      const start = `pipelines/p.yaml:3: stages.made.transform: transform "acts" wants ${wants}`;
      assert.ok(sentence.startsWith(start) && sentence.endsWith(`: ${remedy}`), sentence);
      assert.match(sentence.slice(start.length, -remedy.length - 2), detail);
    });

  it('sees nothing of the environment but what every program needs, and what mesh.yaml names', async () => {
    process.env['SHEAF_TEST_SECRET'] = 'hidden';
    const seeing = `throw new Error('it sees ' + process.env.SHEAF_TEST_SECRET + ' and ' + typeof process.env.PATH);\n`;
    const folder = await writeFolder({ ...files, 'acts.ts': seeing });
    const { problems } = await readMesh(folder);
    await rm(folder, { recursive: true });
    assert.match(problems.map(formatProblem).join(), /cannot be loaded: it sees undefined and string/);
    const named = await writeFolder({
      ...files,
      'acts.ts': seeing,
      'mesh.yaml': meshYaml('acts: { env: [SHEAF_TEST_SECRET] }'),
    });
    const told = (await readMesh(named)).problems.map(formatProblem).join();
    await rm(named, { recursive: true });
    assert.match(told, /cannot be loaded: it sees hidden and string/);
  });
});

describe('a transform with a right', () => {
  it('may use the network and nothing else where mesh.yaml says so', async () => {
    const server = createServer((socket) => socket.end())
      .listen(0, '127.0.0.1')
      .unref();
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const mesh = await start({ ...files, 'mesh.yaml': meshYaml('acts: { network: true }') });
    try {
      for (const [number, [name, , wants, , remedy]] of acts.entries()) {
        if (name.endsWith('never looks how that goes')) continue;
        const asked = ask(mesh.service('acts'), 'acts', [act(number, port)]);
        if (name === 'connects' || name === 'listens') await asked;
        else if (remedy !== network) await assert.rejects(asked, { message: `transform "acts" wants ${wants}` });
        else await asked.catch((error) => assert.doesNotMatch(String(error), /wants/));
      }
    } finally {
      server.close();
      await mesh[Symbol.asyncDispose]();
    }
  });

  it('may load add-ons, or do all that the user may, where mesh.yaml says so', async () => {
    const loading = (code: string): string =>
      `${imports}${code};\nexport default defineTransform(${declared}, () => ({}) as never);\n`;
    const addon = `process.dlopen({ exports: {} }, ${JSON.stringify(binding)})`;
    const problemsOf = async (code: string, rights: string): Promise<string[]> => {
      const folder = await writeFolder({ ...files, 'acts.ts': loading(code), 'mesh.yaml': meshYaml(rights) });
      const { problems } = await readMesh(folder);
      await rm(folder, { recursive: true });
      return problems.map(formatProblem);
    };
    assert.deepEqual(await problemsOf(addon, 'acts: { addons: true }'), []);
    const everything = `node('fs').readFileSync('/etc/passwd'); node('child_process').execFileSync('true')`;
    assert.deepEqual(await problemsOf(everything, 'acts: { trusted: true }'), []);
    assert.deepEqual(await problemsOf('', 'other: { models: [], transforms: [acts], network: 1 }'), [
      'mesh.yaml:3: services.other.network: want true or false, got 1',
    ]);
    assert.deepEqual(await problemsOf('', 'away: { models: [n], endpoint: "127.0.0.1:9", network: true }'), [
      'mesh.yaml:3: services.away.network: want it where the service runs transforms of ours: it is their right',
    ]);
  });
});

describe('what a transform needs', () => {
  it('is read from a folder with spaces and letters of all kinds, behind links, with packages that are links', async () => {
    const parent = await writeFolder({
      'shared/greet/package.json': '{ "name": "greet", "type": "module", "exports": "./index.js" }',
      'shared/greet/index.js': 'import { word } from "word";\nexport const greeting = word + " there";\n',
      'shared/node_modules/word/package.json': '{ "name": "word", "exports": "./index.cjs" }',
      'shared/node_modules/word/index.cjs':
        'exports.word = require("node:fs").readFileSync(__dirname + "/word.txt", "utf8");\n',
      'shared/node_modules/word/word.txt': 'hello',
      'Ä mesh, of øurs/..2026/say.ts': `import { defineTransform } from '@sheaf/inference';
import { readFileSync } from 'node:fs';
import { greeting } from 'greet';
import { mark } from './mark.ts';
const name: string = readFileSync(new URL('./name.txt', import.meta.url), 'utf8');
export default defineTransform({
  inputs: { x: { datatype: 'INT32', shape: [2] } },
  outputs: { y: { datatype: 'BYTES', shape: [1] } },
}, () => ({ y: { shape: [1], data: [new TextEncoder().encode(greeting + ', ' + name + mark)] } }));
`,
      'Ä mesh, of øurs/..2026/mark.ts': 'export const mark: string = "!";\n',
      'Ä mesh, of øurs/..2026/name.txt': 'you',
      'Ä mesh, of øurs/pipelines/p.yaml': pipeline.replace('./acts.ts', './say.ts'),
      'Ä mesh, of øurs/tests/t.yaml': `pipeline: p
tests:
  - { name: says it, inputs: { x: [0, 0] }, expect: { outputs: { y: ['hello there, you!'] } } }
`,
    });
    const folder = join(parent, 'Ä mesh, of øurs');
    await mkdir(join(folder, 'node_modules'));
    await symlink('../../shared/greet', join(folder, 'node_modules/greet'));
    await symlink('..2026', join(folder, '..data'));
    for (const file of ['say.ts', 'mark.ts', 'name.txt']) await symlink(`..data/${file}`, join(folder, file));
    await symlink(folder, join(parent, 'link to it'));
    for (const path of [folder, join(parent, 'link to it')]) {
      const { code, stdout, stderr } = await runSheaf(['test', path]);
      assert.equal(code, 0, stdout + stderr);
    }
    await rm(parent, { recursive: true });
  });
});

describe('the process of a transform', () => {
  const isThere = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  it('goes with its parent, whatever it does at that time', async () => {
    const mesh = await start(files);
    try {
      const { byName } = await ask(mesh.gateway, 'p', [act(pidsAct)]);
      const [own = 0, parent = 0] = textOf(byName.get('y')).split(' ').map(Number);
      const looping = ask(mesh.service('acts'), 'acts', [act(loopAct)]).catch(() => {});
      // It has begun when a call behind it has no answer.
      const isAnswered = (): Promise<boolean> =>
        ask(mesh.service('acts'), 'acts', [act(pidsAct)], { timeoutMs: 300 }).then(
          () => true,
          () => false,
        );
      await waitFor(async () => !(await isAnswered()));
      process.kill(parent, 'SIGKILL');
      await waitFor(
        () => !isThere(own),
        () => `${own} is still there`,
      );
      await looping;
    } finally {
      await mesh[Symbol.asyncDispose]();
    }
  });

  it('tells its author in the log what exactly it wanted', async () => {
    const folder = await writeFolder(files);
    const command = startSheaf(['up', folder, '--port', '0']);
    try {
      const upLine = /the mesh is up: gRPC on (\S+);/;
      await waitFor(() => upLine.test(command.output()), command.output, 120_000);
      await runSheaf(['infer', 'p', '[0, 0]', '--address', upLine.exec(command.output())?.[1] ?? '']);
      await waitFor(
        () =>
          command
            .output()
            .includes('transform acts: transform "acts" wants to read a file that it may not (/etc/passwd): '),
        command.output,
        120_000,
      );
    } finally {
      command.kill('SIGINT');
      await command.ended;
      await rm(folder, { recursive: true });
    }
  });
});
