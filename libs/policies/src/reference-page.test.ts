import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { policiesSchema } from './policies.ts';
import { policiesPage } from './reference-page.ts';

const room = new URL('../', import.meta.url);
const stale = 'it is stale: npm run reference';

describe('what is generated from the definitions of policies.yaml', () => {
  it('REFERENCE.md is what the definitions say', async () => {
    assert.equal(await readFile(new URL('REFERENCE.md', room), 'utf8'), policiesPage(), stale);
  });

  it('the JSON Schema is what the definitions say', async () => {
    const written: unknown = JSON.parse(await readFile(new URL('policies.schema.json', room), 'utf8'));
    assert.deepEqual(written, JSON.parse(JSON.stringify(policiesSchema())), stale);
  });
});
