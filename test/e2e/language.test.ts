import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { pageExample, parsePipeline, pipelineSchema, ruleSnippets, snippets } from '@sheaf/pipeline';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { damaged } from '../support/damaged.ts';

const root = new URL('../../', import.meta.url);
const isValid = new Ajv2020({ strict: false }).compile(pipelineSchema());

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

const documents: readonly (readonly [string, unknown])[] = [
  ['the example of the reference page', parse(pageExample)],
  ...Object.entries(snippets).map(([kind, snippet]) => [`the snippet of ${kind}`, around(snippet)] as const),
  ...Object.entries(ruleSnippets).map(([place, rules]) => [`the rules ${place}`, withRules(place, rules)] as const),
  ...(await Promise.all(
    globSync('{examples/*,apps/cli/template}/pipelines/*.yaml', { cwd: root }).map(
      async (file) => [file, parse(await readFile(new URL(file, root), 'utf8'))] as const,
    ),
  )),
];

describe('the schema of the language and its parser', () => {
  for (const [name, document] of documents) {
    it(`both take ${name}`, () => {
      assert.deepEqual(parsePipeline(document).problems, []);
      assert.ok(isValid(document), JSON.stringify(isValid.errors));
    });
  }

  it('both refuse what is broken, wherever it is', () => {
    let broken = 0;
    for (const [name, document] of documents) {
      for (const [what, other] of damaged(document)) {
        const refused = parsePipeline(other).problems.length > 0;
        // The parser also looks at what no schema can: references, cycles, labels. What the schema refuses it has to refuse.
        assert.ok(isValid(other) || refused, `${name}: only the schema refuses ${what}`);
        if (refused) broken++;
      }
    }
    assert.ok(broken > 300, `${broken} were refused`);
  });
});
