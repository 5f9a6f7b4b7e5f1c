import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { referencePage } from './reference-page.ts';
import { pipelineSchema } from './schema.ts';

const room = new URL('../', import.meta.url);
const stale = 'it is stale: npm run reference';

describe('what is generated from the language', () => {
  it('REFERENCE.md is what the definitions say', async () => {
    assert.equal(await readFile(new URL('REFERENCE.md', room), 'utf8'), referencePage(), stale);
  });

  it('the JSON Schema is what the definitions say', async () => {
    const written: unknown = JSON.parse(await readFile(new URL('pipeline.schema.json', room), 'utf8'));
    assert.deepEqual(written, JSON.parse(JSON.stringify(pipelineSchema())), stale);
  });
});
