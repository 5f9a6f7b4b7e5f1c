/** What `sheaf check` says of a folder, in the words that its user reads. Long, since each mistake has its folder and its sentence. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { formatProblem, readMesh } from '@sheaf/mesh';
import { sampleModels } from '@sheaf/onnx/testing';
import { type Files, writeFolder } from '../support/mesh-folder.ts';

const pipeline = `pipeline: p
inputs: { x: { datatype: FP32, shape: [-1, 2] } }
stages:
  a: { model: double, inputs: { x: x } }
  b: { model: double, inputs: { x: a.y } }
outputs: { y: b.y }
`;
const good: Files = { 'models/double': sampleModels.scale(2), 'pipelines/p.yaml': pipeline };
const changed = (from: string, to: string): Files => ({ ...good, 'pipelines/p.yaml': pipeline.replace(from, to) });

/** Each line stands ten times for the one before. */
const bomb = (letters: string): string =>
  [...letters]
    .map(
      (letter) =>
        `${letter}: &${letter} [${new Array(10).fill(`*${String.fromCharCode(letter.charCodeAt(0) - 1)}`)}]\n`,
    )
    .join('');

/** What is broken, the files, and the lines that must be told; each line is one mistake. */
const broken: [string, Files, (string | RegExp)[]][] = [
  ['an empty folder', {}, [/found none of them/]],
  [
    'aliases that stand for a billion',
    changed('outputs:', `a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n${bomb('bcdefghi')}outputs:`),
    ['pipelines/p.yaml: aliases in what other aliases stand for may make at most 100 copies of a part'],
  ],
  ['an alias of nothing', changed('b.y', '*b'), ['pipelines/p.yaml:6: there is no anchor &b before the alias']],
  [
    'a folder called as a file',
    { ...good, 'pipelines/q.yaml/r.txt': '' },
    ['pipelines/q.yaml: want a file, got a folder'],
  ],
  [
    'an unknown key',
    changed('outputs:', 'outputz: 1\noutputs:'),
    [
      'pipelines/p.yaml:6: outputz: unknown key; the keys are pipeline, version, inputs, context, stages, outputs, rules; did you mean outputs?',
    ],
  ],
  [
    'an unknown stage key',
    changed('model: double, inputs: { x: x }', 'modell: double, inputs: { x: x }'),
    [
      /p\.yaml:4: stages\.a: want exactly one of model, transform, pipeline, ensemble, switch, each, fallback, got modell; did you mean model\?$/,
    ],
  ],
  [
    'a model that is not there',
    changed('model: double, inputs: { x: x }', 'model: triple, inputs: { x: x }'),
    ['pipelines/p.yaml:4: stages.a.model: there is no model "triple"'],
  ],
  [
    'a version that is not there',
    changed('model: double, inputs: { x: x }', 'model: double, version: 3, inputs: { x: x }'),
    [/there is no model "double" version 3/],
  ],
  [
    'a missing input',
    changed('inputs: { x: x }', 'inputs: {}'),
    ['pipelines/p.yaml:4: stages.a.inputs: input "x" is missing'],
  ],
  [
    'an unknown input',
    changed('inputs: { x: x }', 'inputs: { x: x, z: x }'),
    [/p\.yaml:4: stages\.a\.inputs\.z: there is no input "z"; the inputs are x/],
  ],
  [
    'a reference to no stage',
    changed('a.y', 'q.y'),
    [/p\.yaml:5: stages\.b\.inputs\.x: there is no stage "q"; the stages are a, b/],
  ],
  [
    'a setting of a model that a pipeline with rules asks, told once',
    {
      ...good,
      'models/double/model.yaml': 'versionPolicy: newest\n',
      'pipelines/p.yaml': `${pipeline}rules: { after: [{ name: r, when: 'outputs.y.exists(y, y > 1.0)', label: { a: true } }] }\n`,
    },
    ['models/double/model.yaml:1: versionPolicy: want all, or a mapping with one of latest, specific, got "newest"'],
  ],
  [
    'a model that is not there, and rules that read what it gives',
    {
      ...good,
      'pipelines/p.yaml': `${pipeline.replaceAll('model: double', 'model: triple')}rules: { after: [{ name: r, cap: { y: 1 }, where: row.y > 1.0 }] }\n`,
    },
    [
      'pipelines/p.yaml:4: stages.a.model: there is no model "triple"',
      'pipelines/p.yaml:5: stages.b.model: there is no model "triple"',
    ],
  ],
  [
    'a service that holds nothing, called like a model',
    { ...good, 'mesh.yaml': 'services: { double: { replicas: 2 } }\n' },
    ['mesh.yaml:1: services.double: want models or transforms, got none; did you mean models: [double]?'],
  ],
  [
    'a service that holds nothing, called like none',
    { ...good, 'mesh.yaml': 'services: { duble: { replicas: 2 } }\n' },
    ['mesh.yaml:1: services.duble: want models or transforms, got none; the models are double, the transforms none'],
  ],
  [
    'more gateways than ports',
    { ...good, 'mesh.yaml': 'gateway: { port: 65535, replicas: 2 }\n' },
    ['mesh.yaml:1: gateway.port: want at most 65534 where there are 2 replicas, each with the next port; got 65535'],
  ],
  [
    'a provider that there is none of',
    { ...good, 'models/double/model.yaml': 'providers: [gpu]\n' },
    [/model\.yaml:1: providers\.0: want one of cpu, cuda, .*, got "gpu"$/],
  ],
  [
    'a reference to no output',
    changed('a.y', 'a.z'),
    [/p\.yaml:5: stages\.b\.inputs\.x: stage "a" has no output "z"; its outputs are y/],
  ],
  ['a stage where an output is meant', changed('a.y', 'a'), [/there is no input "a".*written a\.<output>/]],
  [
    'a cycle',
    changed('inputs: { x: x }', 'inputs: { x: b.y }'),
    [/stages\.[ab]: the stages form a cycle: [ab] -> [ab] -> [ab]/],
  ],
  [
    'a stage that reads itself',
    changed('inputs: { x: x }', 'inputs: { x: a.y }'),
    [/p\.yaml:4: stages\.a: the stages form a cycle: a -> a/],
  ],
  ['another datatype', changed('FP32', 'INT32'), [/p\.yaml:4: stages\.a\.inputs\.x: want datatype FP32, got INT32/]],
  ['another rank', changed('[-1, 2]', '[2]'), [/want rank 2/]],
  ['another dimension', changed('[-1, 2]', '[-1, 3]'), [/shape\[1\]: want 2, got 3/]],
  [
    'an unknown datatype and a wrong shape, both told',
    changed('FP32, shape: [-1, 2]', 'FLOAT, shape: wide'),
    [
      /p\.yaml:2: inputs\.x\.datatype: want a datatype such as FP32, got "FLOAT"/,
      /p\.yaml:2: inputs\.x\.shape: want a list/,
    ],
  ],
  ['no outputs', changed('{ y: b.y }', '{}'), [/p\.yaml:6: outputs: want 1 to 256 outputs, got 0/]],
  [
    'a bad name, and a reference to the good one',
    changed('  a:', '  "a b":'),
    [/stages\.a b: want a name of letters/, /stages\.b\.inputs\.x: there is no stage "a"/],
  ],
  ['broken YAML', changed('outputs: {', "outputs: '{"), [/pipelines\/p\.yaml:\d+: /]],
  [
    'an ensemble of nobody',
    changed('model: double, inputs: { x: a.y }', 'ensemble: {}, combine: { mean: y }, inputs: { x: a.y }'),
    [/stages\.b\.ensemble: want 1 to 32 members, got 0/],
  ],
  [
    'a combiner that does not exist',
    changed(
      'model: double, inputs: { x: a.y }',
      'ensemble: { m: { model: double } }, combine: { average: y }, inputs: { x: a.y }',
    ),
    [/combine: want exactly one of mean, weighted-mean, median, max, soft-vote, hard-vote, first, stack, got average/],
  ],
  [
    'a transform outside the folder',
    changed('model: double, inputs: { x: a.y }', 'transform: ../x.ts, inputs: { x: a.y }'),
    [/stages\.b\.transform: want a file inside the mesh folder/],
  ],
  [
    'a transform from the folder of the pipeline',
    {
      ...changed('model: double, inputs: { x: a.y }', 'transform: ../x.ts, inputs: { x: a.y }'),
      'x.ts': 'export default 7;\n',
    },
    [/stages\.b\.transform: want a file inside the mesh folder; did you mean \.\/x\.ts\?$/],
  ],
  [
    'a transform without ./ and its ending',
    {
      ...changed('model: double, inputs: { x: a.y }', 'transform: x, inputs: { x: a.y }'),
      'x.ts': 'export default 7;\n',
    },
    [/want a TypeScript or JavaScript file, found no "x"; did you mean \.\/x\.ts\?$/],
  ],
  [
    'a transform that is no file',
    changed('model: double, inputs: { x: a.y }', 'transform: ./x.ts, inputs: { x: a.y }'),
    [/found no "\.\/x\.ts"/],
  ],
  [
    'a transform that exports something else',
    {
      ...changed('model: double, inputs: { x: a.y }', 'transform: ./x.ts, inputs: { x: a.y }'),
      'x.ts': 'export default 7;\n',
    },
    [/its default export must be made by defineTransform/],
  ],
  [
    'a transform with a wrong datatype',
    {
      ...changed('model: double, inputs: { x: a.y }', 'transform: ./x.ts, inputs: { x: a.y }'),
      'x.ts': `import { defineTransform } from '@sheaf/inference';\nexport default defineTransform({ inputs: { x: { datatype: 'FP12', shape: [] } }, outputs: {} } as never, () => ({}));\n`,
    },
    [/inputs\.x\.datatype: want a datatype such as FP32, got FP12/],
  ],
  ['an empty model file', { ...good, 'models/empty': '' }, ['models/empty/1/model.onnx: the model file is empty']],
  [
    'text for a model',
    { ...good, 'models/text': 'hello' },
    [/models\/text\/1\/model\.onnx: the file is not an ONNX model/],
  ],
  [
    'a version that is no number',
    { ...good, 'models/v/one/model.onnx': sampleModels.scale(1) },
    [/models\/v\/one: want a version folder named by a positive integer, got "one"/],
  ],
  [
    'a version without a model',
    { ...good, 'models/v/1/readme.txt': '' },
    [/models\/v\/1\/model\.onnx: want an ONNX model here/],
  ],
  [
    'a wrong setting of a model',
    { ...good, 'models/double/model.yaml': 'runLimitMs: soon\nthreads: 2\n' },
    [
      'models/double/model.yaml:1: runLimitMs: want an integer from 1 to 600000, got "soon"',
      /model\.yaml:2: threads: unknown key/,
    ],
  ],
  [
    'wrong settings of batching',
    { ...good, 'models/double/model.yaml': 'instances: 0\nbatching: { maxRows: many, preferredRows: [0] }\n' },
    [
      'models/double/model.yaml:1: instances: want an integer from 1 to 64, got 0',
      'models/double/model.yaml:2: batching.maxRows: want an integer from 1 to 65536, got "many"',
      'models/double/model.yaml:2: batching.preferredRows.0: want an integer from 1 to 65536, got 0',
    ],
  ],
  [
    'wrong settings of a queue',
    { ...good, 'models/double/model.yaml': 'queue:\n  callsMax: 0\n  shares: { critical: 0, vital: 3 }\n' },
    [
      'models/double/model.yaml:2: queue.callsMax: want an integer from 1 to 4096, got 0',
      'models/double/model.yaml:3: queue.shares.critical: want an integer from 1 to 100, got 0',
      'models/double/model.yaml:3: queue.shares.vital: unknown key; the keys are critical, standard, sheddable',
    ],
  ],
  [
    'a model other than its sha256 says',
    { ...good, 'models/double/model.yaml': `sha256: '${'0'.repeat(64)}'\n` },
    [/not the one whose sha256 model\.yaml states/],
  ],
  [
    'a service with an unknown model',
    { ...good, 'mesh.yaml': 'services:\n  s: { models: [nobody] }\n' },
    ['mesh.yaml:2: services.s.models: there is no model "nobody"; the models are double'],
  ],
  [
    'a model in two services',
    { ...good, 'mesh.yaml': 'services:\n  s: { models: [double] }\n  t: { models: [double] }\n' },
    [/mesh\.yaml:3: services\.t: "double" is already held by service s/],
  ],
  [
    'replicas of a service with a port of its own',
    { ...good, 'mesh.yaml': 'services:\n  s: { models: [double], port: 9000, replicas: 2 }\n' },
    ['mesh.yaml:2: services.s.replicas: want 1 where the service has an endpoint or a port of its own'],
  ],
  [
    'an amount of memory without its unit, with another one, and too small',
    {
      ...good,
      'models/triple': sampleModels.scale(3),
      'models/four': sampleModels.scale(4),
      'mesh.yaml':
        'services:\n  s: { models: [double], memory: 512 }\n  t: { models: [triple], memory: 512M }\n  u: { models: [four], memory: 63MiB }\n',
    },
    [
      'mesh.yaml:2: services.s.memory: want an amount from 64MiB to 1024GiB, in KiB, MiB or GiB, such as 512MiB, got 512',
      'mesh.yaml:3: services.t.memory: want an amount from 64MiB to 1024GiB, in KiB, MiB or GiB, such as 512MiB, got "512M"',
      'mesh.yaml:4: services.u.memory: want an amount from 64MiB to 1024GiB, in KiB, MiB or GiB, such as 512MiB, got "63MiB"',
    ],
  ],
  [
    'the memory of a server that is not ours',
    { ...good, 'mesh.yaml': "services:\n  s: { models: [far], endpoint: 'far:8001', memory: 1GiB }\n" },
    ['mesh.yaml:2: services.s.memory: want it where the service is ours to start; this has an endpoint'],
  ],
  [
    'a limit that is too high',
    { ...good, 'mesh.yaml': 'limits: { messageBytesMax: 99999999999 }\n' },
    [
      /mesh\.yaml:1: limits\.messageBytesMax: want an integer from 1024 to 2147483648, or an amount such as 512MiB, got/,
    ],
  ],
  [
    'a policy that is neither on nor off',
    { ...good, 'mesh.yaml': 'resilience: { retry: sometimes }\n' },
    ['mesh.yaml:1: resilience.retry: want true or false, got "sometimes"'],
  ],
  [
    'two things of one name',
    { ...good, 'pipelines/q.yaml': pipeline.replace('pipeline: p', 'pipeline: double') },
    [/the name "double" is already taken by models\/double/],
  ],
  [
    'two files with one version of a pipeline',
    { ...good, 'pipelines/q.yaml': pipeline },
    [/pipeline "p" version 1 is already in pipelines\/[a-z]+\.yaml/],
  ],
];

describe('sheaf check', () => {
  it('finds nothing in a good folder', async () => {
    const folder = await writeFolder(good);
    const { mesh, problems } = await readMesh(folder);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      mesh?.services.map(({ name }) => name),
      ['double'],
    );
    await rm(folder, { recursive: true });
  });

  it('notes what subjects of certificates match that may be meant for more', async () => {
    const rule = (subject: string): string => `    - { subject: "${subject}", tenant: t }\n`;
    const subjects = ['DNS:*.example', '*', '*reader*', 'URI:spiffe://mesh/*'].map(rule).join('');
    const folder = await writeFolder({ ...good, 'policies.yaml': `identity:\n  certificates:\n${subjects}` });
    const { problems, notes } = await readMesh(folder);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      notes.map(formatProblem).map((line) => line.slice(0, line.indexOf(' is '))),
      [
        'policies.yaml:3: identity.certificates.0.subject: "DNS:*.example"',
        'policies.yaml:5: identity.certificates.2.subject: "*reader*"',
      ],
    );
    await rm(folder, { recursive: true });
  });

  for (const [name, files, lines] of broken) {
    it(`tells the place of ${name}`, async () => {
      const folder = await writeFolder(files);
      const { mesh, problems } = await readMesh(folder);
      const told = problems.map(formatProblem);
      assert.equal(mesh, undefined);
      assert.equal(told.length, lines.length, told.join('\n'));
      for (const [index, line] of lines.entries()) {
        if (typeof line === 'string') assert.equal(told[index], line);
        else assert.match(told[index] ?? '', line);
      }
      assert.ok(!told.join('').includes(folder), 'the folder itself is told');
      await rm(folder, { recursive: true });
    });
  }
});
