import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePolicies, policiesExample, policiesSchema, policySnippets } from '@sheaf/policies';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { damaged } from '../support/damaged.ts';

const isValid = new Ajv2020({ strict: false }).compile(policiesSchema());

const documents: readonly (readonly [string, unknown])[] = [
  ['the example of the reference page', parse(policiesExample)],
  ...Object.entries(policySnippets).map(([what, snippet]) => [`the snippet of ${what}`, parse(snippet)] as const),
];

describe('the schema of policies.yaml and its parser', () => {
  for (const [name, document] of documents)
    it(`both take ${name}`, () => {
      assert.ok(document, 'it is there');
      assert.deepEqual(parsePolicies(document).problems, []);
      assert.ok(isValid(document), JSON.stringify(isValid.errors));
    });

  it('both refuse what is broken, wherever it is', () => {
    let broken = 0;
    for (const [name, document] of documents)
      for (const [what, other] of damaged(document)) {
        const refused = parsePolicies(other).problems.length > 0;
        // The parser also looks at what no schema can: expressions, names that are there twice.
        assert.ok(isValid(other) || refused, `${name}: only the schema refuses ${what}`);
        if (refused) broken++;
      }
    assert.ok(broken > 200, `${broken} were refused`);
  });
});
