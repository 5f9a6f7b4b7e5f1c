/** Every page leads to what is there: a threat model that names a test which is gone claims what nobody shows. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = globSync('**/*.md', { cwd: root, exclude: (name) => name === 'node_modules' || name.startsWith('.') });

/** Links to files, as they stand there; of code nothing is a link. */
const linksIn = (page: string): string[] =>
  Array.from(page.replace(/```.*?```/gs, '').matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link).filter(
    (link) => !/^([a-z]+:|#)/.test(link),
  );

describe('the links of the pages', () => {
  it('are found, but for those to other places and in code', () => {
    const page = '[a](a.md#b) ![c](c.svg) [d](https://d) [e](#e)\n```\n[f](f)\n```\n';
    assert.deepEqual(linksIn(page), ['a.md#b', 'c.svg']);
  });

  for (const page of pages)
    it(`lead somewhere in ${page}`, () => {
      const links = linksIn(readFileSync(join(root, page), 'utf8'));
      const lost = links.filter((link) => !existsSync(join(root, dirname(page), decodeURI(link.split('#')[0] ?? ''))));
      assert.deepEqual(lost, []);
    });
});
