/** Every kind of file that users write: what its reader takes, and what the JSON Schema of editors does. */
import assert from 'node:assert/strict';
import { existsSync, globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { describe, it } from 'node:test';
import { type Problem, Problems, type Reader } from '@sheaf/document';
import {
  batchDocument,
  batchExample,
  meshDocument,
  meshExample,
  meshSnippets,
  modelDocument,
  modelExample,
  testDocument,
  testsExample,
} from '@sheaf/mesh';
import { pageExample, parsePipeline, ruleSnippets, snippets } from '@sheaf/pipeline';
import { parsePolicies, policiesExample, policySnippets } from '@sheaf/policies';
import { parse } from 'yaml';
import { graphMistakes } from '../../libs/pipeline/src/testing/graph-mistakes.ts';
import { ruleMistakes } from '../../libs/pipeline/src/testing/rule-mistakes.ts';
import { policyMistakes } from '../../libs/policies/src/testing/policy-mistakes.ts';
import { damaged } from '../support/damaged.ts';
import { readerOnly } from '../support/reader-only.ts';
import { checkSchema, schemaMistake } from '../support/schemas.ts';

const root = new URL('../../', import.meta.url);
const filesAt = (pattern: string) =>
  Promise.all(
    globSync(`{examples/*,apps/cli/template}/${pattern}`, { cwd: root }).map(
      async (file) => [file, parse(await readFile(new URL(file, root), 'utf8'), { merge: true })] as const,
    ),
  );

/** A batch with these keys more. */
const batch = (rest: string): string => `pipeline: p\ninput: { path: data.csv }\nkey: id\n${rest}`;

interface Kind {
  readonly name: string;
  readonly read: (value: unknown) => readonly Problem[];
  readonly right: readonly (readonly [string, unknown])[];
  /** One mistake each, and where the reader tells it. */
  readonly planted: readonly (readonly [string, string])[];
  /** More documents with mistakes, which the reader's own tests are about. */
  readonly wrong?: readonly (readonly [string, unknown, ...unknown[]])[];
}

const by =
  (document: Reader<unknown>) =>
  (value: unknown): readonly Problem[] => {
    const problems = new Problems();
    document.read(value, [], problems);
    return problems.list;
  };

/** A snippet is a stage or two: put where they may stand, beside whatever they refer to. */
const around = (snippet: string): object => ({
  pipeline: 'p',
  inputs: { page: { datatype: 'UINT8', shape: ['h', 'w'] }, features: { datatype: 'FP32', shape: ['rows', 30] } },
  stages: {
    quick: { model: 'm', inputs: { x: 'page' } },
    crop: { model: 'm', inputs: { x: 'page' } },
    ...(parse(snippet) as object),
  },
  outputs: { y: 'quick.y' },
});

const withRules = (place: string, snippet: string): object => ({
  ...(parse(pageExample) as object),
  rules: { [place]: parse(snippet) },
});

const limit = (more: string) => `limits: [{ name: l, ${more} }]`;
const stage = (more: string) =>
  `{ pipeline: p, inputs: { x: { datatype: FP32, shape: [n] } }, stages: { s: { inputs: { x: x }, ${more} } }, outputs: { y: s.y } }`;

const kinds: readonly Kind[] = [
  {
    name: 'mesh',
    read: by(meshDocument),
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
      ['gateway: { host: "127.0.0.1:80" }', 'gateway.host'],
      ['gateway: { host: "a b" }', 'gateway.host'],
      ['gateway: { trustedProxies: [proxy.example] }', 'gateway.trustedProxies.0'],
      ['gateway: { trustedProxies: [10.0.0.0/33] }', 'gateway.trustedProxies.0'],
      ['gateway: { trustedProxies: [300.0.0.1] }', 'gateway.trustedProxies.0'],
      ['gateway: { trustedProxies: ["::/0"] }', 'gateway.trustedProxies.0'],
      ['gateway: { forwardedHeader: forwarded }', 'gateway.forwardedHeader'],
      ['gateway: { proxyProtocol: v2, trustedProxies: [] }', 'gateway.proxyProtocol'],
      ['gateway: { tls: { certificate: a, key: b, certificates: required } }', 'gateway.tls.certificates'],
      ['services: { s: { models: [m], endpoint: "far:1", memory: 1GiB } }', 'services.s.memory'],
      ['services: { s: { models: [m], endpoint: "far:1", replicas: 2 } }', 'services.s.replicas'],
      ['services: { s: { models: [m], tls: true } }', 'services.s.tls'],
      ['services: { s: { models: [m], authority: far } }', 'services.s.authority'],
      ['services: { s: { models: [m], endpoint: "far:1", metadata: { te: x } } }', 'services.s.metadata.te'],
      ['services: { s: { models: [m], endpoint: "far:1", metadata: { a-bin: x } } }', 'services.s.metadata.a-bin'],
      ['services: { s: { models: [m], endpoint: "far:1", metadata: { cookie: x } } }', 'services.s.metadata.cookie'],
    ],
    wrong: [['a port too high for its replicas', { gateway: { port: 65_535, replicas: 2 } }]],
  },
  {
    name: 'model',
    read: by(modelDocument),
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
      ['versionPolicy: { specific: [] }', 'versionPolicy.specific'],
      ['providers: []', 'providers'],
      ['providers: [cpu, cpu]', 'providers'],
      ['batching: { allowedRows: [1.5] }', 'batching.allowedRows.0'],
    ],
  },
  {
    name: 'tests',
    read: by(testDocument),
    right: [['the example of the reference page', parse(testsExample)], ...(await filesAt('tests/*.yaml'))],
    planted: [
      ['pipeline: p\ntests: [{ name: a, inputs: {}, expects: {} }]', 'tests.0.expects'],
      ['pipeline: p\ntests: [{ name: a, inputs: {} }]', 'tests.0.expect'],
      ['pipeline: p\ntests: [{ name: a, inputs: {}, timeout: 5, expect: {} }]', 'tests.0.timeout'],
      ['pipeline: p\ntests: [{ name: a, inputs: {}, timeout: 0.0s, expect: {} }]', 'tests.0.timeout'],
      [
        'pipeline: p\ntests: [{ name: a, inputs: {}, fakes: { m: { fails: BAD } }, expect: {} }]',
        'tests.0.fakes.m.fails',
      ],
    ],
  },
  {
    name: 'batch',
    read: by(batchDocument),
    right: [
      ['the example of the reference page', parse(batchExample)],
      [
        'all ways of a tensor',
        parse(batch('tensors: { a: c, b: [c, d], e: { columns: c, missing: 0 }, f: { file: c } }')),
      ],
      ...(await filesAt('batches/*.yaml')),
    ],
    planted: [
      [batch('tensors: {}'), 'tensors'],
      [batch('tensors: { x: [] }'), 'tensors.x'],
      [batch('tensors: { x: { columns: c, file: d } }'), 'tensors.x'],
      [batch('tensors: { x: c }\nerrors: { share: 2 }'), 'errors.share'],
      [batch('tensors: { x: c }\nkeeps: 3'), 'keeps'],
    ],
  },
  {
    name: 'pipeline',
    read: (value) => parsePipeline(value).problems,
    right: [
      ['the example of the reference page', parse(pageExample)],
      ...Object.entries(snippets).map(([kind, snippet]) => [`the snippet of ${kind}`, around(snippet)] as const),
      ...Object.entries(ruleSnippets).map(([place, rules]) => [`the rules ${place}`, withRules(place, rules)] as const),
      ...(await filesAt('pipelines/*.yaml')),
    ],
    planted: [
      [stage('fallback: [{ model: m }]'), 'stages.s.fallback'],
      [stage('switch: []'), 'stages.s.switch'],
      [stage('each: { model: m }, over: []'), 'stages.s.over'],
      [stage('ensemble: { a: { model: m } }, combine: { mean: p, labels: [a, a] }'), 'stages.s.combine.labels'],
      [stage('model: m, timeout: 0ms'), 'stages.s.timeout'],
      [stage('model: m').replace('x: x }', 'x: .y }'), 'stages.s.inputs.x'],
    ],
    // Validators of schemas go as deep as the document.
    wrong: [...graphMistakes, ...ruleMistakes].filter(([what]) => !what.includes('thousand')),
  },
  {
    name: 'policies',
    read: (value) => parsePolicies(value).problems,
    right: [
      ['the example of the reference page', parse(policiesExample)],
      ...Object.entries(policySnippets).map(([what, snippet]) => [`the snippet of ${what}`, parse(snippet)] as const),
    ],
    planted: [
      ['addresses: { allow: [] }', 'addresses.allow'],
      ['addresses: { deny: ["1.2.3"] }', 'addresses.deny.0'],
      ['addresses: { deny: ["10.0.0.0/033"] }', 'addresses.deny.0'],
      [limit('rate: 0.00/s'), 'limits.0.rate'],
      [limit('rate: 1/s, per: [key, key]'), 'limits.0.per'],
      [limit('quota: 1/day, per: [address]'), 'limits.0.per'],
      [limit('rate: 1/s, models: []'), 'limits.0.models'],
      ['routes: { r: { split: { a: 0, b: 0 } } }', 'routes.r.split'],
      ['routes: { r: { to: a, when: [{ claim: c, is: [], to: b }] } }', 'routes.r.when.0.is'],
      ['identity: { anonymous: { tenant: t, roles: [infer, admin] } }', 'identity.anonymous.roles'],
    ],
    wrong: policyMistakes,
  },
];

const used = new Set<RegExp>();
/** Whether all that is told is of what no schema says. */
const isForReader = (told: readonly string[]): boolean =>
  told.every((line) => {
    const [known] = readerOnly.find(([pattern]) => pattern.test(line)) ?? [];
    if (known) used.add(known);
    return known !== undefined;
  });

for (const { name, read, right, planted, wrong = [] } of kinds) {
  const placesIn = (value: unknown): readonly string[] => read(value).map(({ path }) => path.join('.'));

  describe(`the schema of ${name} and its reader`, () => {
    for (const [what, value] of right)
      it(`both take ${what}`, () => {
        assert.ok(value, 'it is there');
        assert.deepEqual(read(value), []);
        assert.equal(schemaMistake(name, value), undefined);
      });

    for (const [text, place] of planted)
      it(`both refuse ${text}`, () => {
        assert.equal(placesIn(parse(text))[0], place);
        assert.notEqual(schemaMistake(name, parse(text)), undefined);
      });

    it('both refuse what is broken, wherever it is, but for what only the reader can know', () => {
      let both = 0;
      const broken = right.flatMap(([what, value]) =>
        [...damaged(value)].map(([place, other]) => [`${what}, ${place}`, other] as const),
      );
      const unlisted: string[] = [];
      for (const [what, other] of [...broken, ...wrong]) {
        const told = read(other).map(({ path, message }) => `${path.join('.')}: ${message}`);
        const mistake = schemaMistake(name, other);
        if (mistake !== undefined) {
          assert.notDeepEqual(told, [], `${what}: only the schema refuses it: ${mistake}`);
          both++;
        } else if (!isForReader(told)) unlisted.push(`${what}: ${told.join('; ')}`);
      }
      assert.deepEqual(unlisted, []);
      assert.ok(both > 100, `${both} were refused by both`);
    });
  });
}

it('what only the reader can know is listed, and nothing else', () =>
  assert.deepEqual(
    readerOnly.flatMap(([pattern]) => (used.has(pattern) ? [] : [pattern])),
    [],
  ));

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
