/** mesh.yaml, model.yaml and tests/*.yaml: what their readers take, and what the JSON Schemas of editors do. */
import assert from 'node:assert/strict';
import { existsSync, globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { describe, it } from 'node:test';
import { Problems, type Reader } from '@sheaf/document';
import {
  meshDocument,
  meshExample,
  meshSnippets,
  modelDocument,
  modelExample,
  testDocument,
  testsExample,
} from '@sheaf/mesh';
import { parse } from 'yaml';
import { damaged } from '../support/damaged.ts';
import { checkSchema, schemaMistake } from '../support/schemas.ts';

const root = new URL('../../', import.meta.url);
const filesAt = (pattern: string) =>
  Promise.all(
    globSync(`{examples/*,apps/cli/template}/${pattern}`, { cwd: root }).map(
      async (file) => [file, parse(await readFile(new URL(file, root), 'utf8'), { merge: true })] as const,
    ),
  );

interface Kind {
  readonly name: string;
  readonly document: Reader<unknown>;
  readonly right: readonly (readonly [string, unknown])[];
  /** One mistake each, and where the reader tells it. */
  readonly planted: readonly (readonly [string, string])[];
}

const kinds: readonly Kind[] = [
  {
    name: 'mesh',
    document: meshDocument,
    right: [
      ['the example of the reference page', parse(meshExample)],
      ...Object.entries(meshSnippets).map(([what, snippet]) => [`the snippet of ${what}`, parse(snippet)] as const),
      ['nothing', {}],
      ['sections whose lines are all commented out', parse('gateway:\nlimits:\nservices:\nresilience:\n')],
      ...(await filesAt('mesh.yaml')),
    ],
    planted: [
      ['gateway: { port: 70000 }', 'gateway.port'],
      ['gateway: { replica: 2 }', 'gateway.replica'],
      ['gateway: { tls: { certificate: a.crt } }', 'gateway.tls.key'],
      ['services: { s: { models: m } }', 'services.s.models'],
      ['services: { s: { models: [m], memory: 2GB } }', 'services.s.memory'],
      ['services: { s: { models: [m], endpoint: "far:1", token: abc } }', 'services.s.token'],
      ['services: { s: { models: [m], endpoint: "far:1", token: { env: A, file: b } } }', 'services.s.token'],
      ['services: { s: { models: [m], endpoint: "far:1", tls: { key: a } } }', 'services.s.tls'],
      ['limits: { rankMax: 0 }', 'limits.rankMax'],
      ['resilience: { retry: sometimes }', 'resilience.retry'],
      ['tls: { ca: a, certificate: b }', 'tls.key'],
      ['secret: {}', 'secret'],
    ],
  },
  {
    name: 'model',
    document: modelDocument,
    right: [
      ['the example of the reference page', parse(modelExample)],
      ['nothing', {}],
      ...['false', 'true', '{ rowsIndependent: false }'].map(
        (batching) => [`batching: ${batching}`, parse(`batching: ${batching}`)] as const,
      ),
      ['every version', parse('versionPolicy: all')],
    ],
    planted: [
      ['runLimitMs: 0', 'runLimitMs'],
      ['instance: 2', 'instance'],
      ['batching: { maxRows: many }', 'batching.maxRows'],
      ['queue: { shares: { critical: 101 } }', 'queue.shares.critical'],
      ['providers: [gpu]', 'providers.0'],
      ['sha256: abc', 'sha256'],
      ['versionPolicy: newest', 'versionPolicy'],
    ],
  },
  {
    name: 'tests',
    document: testDocument,
    right: [['the example of the reference page', parse(testsExample)], ...(await filesAt('tests/*.yaml'))],
    planted: [
      ['pipeline: p\ntests: [{ name: a, inputs: {}, expects: {} }]', 'tests.0.expects'],
      ['pipeline: p\ntests: [{ name: a, inputs: {} }]', 'tests.0.expect'],
      ['pipeline: p\ntests: [{ name: a, inputs: {}, timeout: 5, expect: {} }]', 'tests.0.timeout'],
      [
        'pipeline: p\ntests: [{ name: a, inputs: {}, fakes: { m: { fails: BAD } }, expect: {} }]',
        'tests.0.fakes.m.fails',
      ],
    ],
  },
];

for (const { name, document, right, planted } of kinds) {
  const mistakes = (value: unknown): readonly string[] => {
    const problems = new Problems();
    document.read(value, [], problems);
    return problems.list.map(({ path }) => path.join('.'));
  };

  describe(`the schema of ${name} and its reader`, () => {
    for (const [what, value] of right)
      it(`both take ${what}`, () => {
        assert.deepEqual(mistakes(value), []);
        assert.equal(schemaMistake(name, value), undefined);
      });

    for (const [text, place] of planted)
      it(`both refuse ${text}`, () => {
        assert.ok(mistakes(parse(text)).includes(place), mistakes(parse(text)).join(', '));
        assert.notEqual(schemaMistake(name, parse(text)), undefined);
      });

    it('both refuse what is broken, wherever it is', () => {
      let both = 0;
      for (const [what, value] of right)
        for (const [place, other] of damaged(value)) {
          const isRefused = mistakes(other).length > 0;
          const byBoth = schemaMistake(name, other) !== undefined;
          // The reader also looks at what no schema can, such as which keys go together.
          assert.ok(isRefused || !byBoth, `${what}: only the schema refuses ${place}`);
          if (byBoth) both++;
        }
      assert.ok(both > 100, `${both} were refused by both`);
    });
  });
}

describe('an editor', () => {
  it('finds the schema of every file of the template and the examples by its first line', async () => {
    const files = globSync('{examples/*,apps/cli/template}/{,pipelines/,tests/}*.yaml', { cwd: root });
    assert.ok(files.length > 5);
    for (const file of files) {
      const text = await readFile(new URL(file, root), 'utf8');
      const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? [];
      assert.match(basename(schema), /^[a-z]+\.schema\.json$/, `${file} names no schema`);
      // Those of the template are written by `sheaf init`.
      const isThere = file.startsWith('examples/')
        ? existsSync(new URL(schema, new URL(file, root)))
        : /^(\.\.\/)?schemas\//.test(schema);
      assert.ok(isThere, `${file} names ${schema}, which is not there`);
      checkSchema(file.replace(/^(examples\/[^/]+|apps\/cli\/template)\//, ''), text);
    }
  });
});
