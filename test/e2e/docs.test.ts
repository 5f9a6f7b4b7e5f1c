/** What the README and the pages of docs show in YAML and TypeScript is right: the readers take it, and so do the schemas of editors. */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { Problems } from '@sheaf/document';
import { batchDocument, meshDocument, readMesh } from '@sheaf/mesh';
import { parsePipeline } from '@sheaf/pipeline';
import { parsePolicies } from '@sheaf/policies';
import { parsePlan } from '@sheaf/rollout';
import { parse } from 'yaml';
import { writeFolder } from '../support/mesh-folder.ts';
import { schemaMistake } from '../support/schemas.ts';

const root = new URL('../../', import.meta.url);

const problemsBy =
  (document: typeof meshDocument | typeof batchDocument) =>
  (value: unknown): readonly object[] => {
    const problems = new Problems();
    document.read(value, [], problems);
    return problems.list;
  };
const meshProblems = problemsBy(meshDocument);

/** The versions are typed beside the file. */
function planProblems(value: unknown): readonly string[] {
  const plan = parsePlan({ ...(value as object), versions: { 2: 1 } });
  return typeof plan === 'string' ? [plan] : [];
}

/** A snippet is of the kind of file that has its first key. */
const kinds = [
  { key: 'pipeline', name: 'pipeline', mistakes: (value: unknown) => parsePipeline(value).problems },
  { key: 'services', name: 'mesh', mistakes: meshProblems },
  { key: 'aliases', name: 'mesh', mistakes: meshProblems },
  { key: 'jobs', name: 'mesh', mistakes: meshProblems },
  { key: 'input', name: 'batch', mistakes: problemsBy(batchDocument) },
  { key: 'limits', name: 'policies', mistakes: (value: unknown) => parsePolicies(value).problems },
  { key: 'routes', name: 'policies', mistakes: (value: unknown) => parsePolicies(value).problems },
  // No editor reads these.
  { key: 'sticky', name: undefined, mistakes: planProblems },
];

const snippetsIn = (page: string, language: string): string[] =>
  Array.from(page.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs')), ([, snippet = '']) => snippet);

const pages = await Promise.all(
  ['README.md', ...globSync('docs/*.md', { cwd: root })].map(
    async (file) => [file, await readFile(new URL(file, root), 'utf8')] as const,
  ),
);

describe('the snippets of the documentation', () => {
  for (const [file, page] of pages)
    for (const snippet of snippetsIn(page, 'yaml'))
      it(`are right in ${file}: ${snippet.split('\n')[0]}`, () => {
        const value: unknown = parse(snippet);
        const kind = kinds.find(({ key }) => snippet.startsWith(`${key}:`));
        assert.ok(kind, 'nobody knows what file it is of');
        assert.deepEqual(kind.mistakes(value), []);
        if (kind.name) assert.equal(schemaMistake(kind.name, value), undefined);
      });

  it('are transforms that a folder may have', async () => {
    const code = pages.flatMap(([, page]) => snippetsIn(page, 'ts'));
    assert.ok(code.length > 0);
    for (const transform of code) {
      const folder = await writeFolder({
        'best.ts': transform,
        'pipelines/p.yaml':
          'pipeline: p\ninputs: { scores: { datatype: FP32, shape: [rows, 3] } }\nstages: { best: { transform: ./best.ts, inputs: { scores: scores } } }\noutputs: { best: best.best }\n',
      });
      assert.deepEqual((await readMesh(folder)).problems, []);
      await rm(folder, { recursive: true });
    }
  });
});
