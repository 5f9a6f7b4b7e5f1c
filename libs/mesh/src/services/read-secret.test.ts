import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { formatProblem, type MeshProblem } from '../problem.ts';
import { readSettings } from './read-services.ts';

const long = 'x'.repeat(32);

/** What a mesh.yaml says, in a folder with a good and a short secret. */
async function read(meshYaml: string) {
  const folder = await mkdtemp(join(tmpdir(), 'sheaf-secret-'));
  await writeFile(join(folder, 'mesh.yaml'), meshYaml);
  await writeFile(join(folder, 'long'), `${long}\n`);
  await writeFile(join(folder, 'short'), long.slice(1));
  const [problems, notes]: MeshProblem[][] = [[], []];
  const settings = await readSettings(
    folder,
    { models: ['m'], transforms: [], versions: new Map() },
    problems ?? [],
    notes ?? [],
  );
  await rm(folder, { recursive: true });
  const [told, noted] = [problems, notes].map((list = []) => list.map(formatProblem));
  return { settings, folder, problems: told, notes: noted };
}

describe('the secret of a mesh', () => {
  it('is in a file or in the environment, and mesh.yaml says where', async () => {
    assert.equal((await read('gateway: {}\n')).settings.secret, undefined);
    const { settings, folder, problems } = await read('secret: { file: long }\n');
    assert.deepEqual([settings.secret, problems], [{ file: join(folder, 'long') }, []]);
    process.env['SHEAF_TEST_SECRET'] = long;
    const inEnvironment = await read('secret: { env: SHEAF_TEST_SECRET }\n');
    delete process.env['SHEAF_TEST_SECRET'];
    assert.deepEqual([inEnvironment.settings.secret, inEnvironment.problems], [{ env: 'SHEAF_TEST_SECRET' }, []]);
  });

  const wrong: [string, string][] = [
    [
      `secret: ${long}`,
      'secret: want { env: <variable> } or { file: <path> }; the secret itself does not belong into mesh.yaml',
    ],
    ['secret: {}', 'secret: want either env or file, the place where the secret is'],
    [
      'secret: { file: short }',
      'secret.file: "short" holds 31 characters; want at least 32, such as of "openssl rand -hex 32"',
    ],
  ];
  it('need not be there where the folder is checked, which is told', async () => {
    for (const [line, sentence] of [
      ['secret: { file: nowhere }', 'secret.file: there is no file "nowhere" that can be read'],
      [
        'secret: { env: SHEAF_TEST_SECRET }',
        'secret.env: the environment has no SHEAF_TEST_SECRET; set it to the secret where the mesh is started',
      ],
    ] as const) {
      const { settings, problems, notes } = await read(`${line}\n`);
      assert.deepEqual([problems, notes], [[], [`mesh.yaml:1: ${sentence}; the mesh does not start without it`]]);
      assert.ok(settings.secret);
    }
  });

  for (const [line, problem] of wrong)
    it(`is not taken from ${line.slice(0, 30)}`, async () => {
      assert.deepEqual((await read(`${line}\n`)).problems, [`mesh.yaml:1: ${problem}`]);
    });
});

describe('the environment of a service', () => {
  it('is named by variables, of our own only', async () => {
    const { settings, problems } = await read('services: { s: { models: [m], env: [DEBUG, MY_KEY] } }\n');
    assert.deepEqual([settings.services[0]?.env, problems], [['DEBUG', 'MY_KEY'], []]);
    const { problems: wrong } = await read(
      "services:\n  s: { models: [m], env: ['A=b'] }\n  far: { models: [n], endpoint: 'far:1', env: [A] }\n",
    );
    assert.deepEqual(wrong, [
      'mesh.yaml:2: services.s.env.0: want the name of a variable of the environment, got "A=b"',
      'mesh.yaml:3: services.far.env: want it where the service is ours to start; this has an endpoint',
    ]);
  });
});
