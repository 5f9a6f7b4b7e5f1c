/** The reference pages and JSON Schemas in docs/reference say what the readers read. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { docsFolder, pages, referenceFolder, references } from '../tools/references.ts';

const stale = 'it is stale: npm run reference';
const written = (file: string): Promise<string> => readFile(new URL(file, referenceFolder), 'utf8');

for (const { name, page, schema } of references)
  describe(`what is generated for ${name}`, () => {
    it('the page says what the definitions say', async () => {
      assert.equal(await written(`${name}.md`), page(), stale);
    });

    it('the JSON Schema says what the definitions say', async () => {
      assert.deepEqual(JSON.parse(await written(`${name}.schema.json`)), JSON.parse(JSON.stringify(schema())), stale);
    });
  });

describe('what is generated beside them', () => {
  for (const [file, page] of Object.entries(pages))
    it(`${file} says what the table says`, async () => {
      assert.equal(await readFile(new URL(file, docsFolder), 'utf8'), page(), stale);
    });
});
