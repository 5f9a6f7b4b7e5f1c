/** `npm run reference`: writes the reference pages and the JSON Schemas of docs/reference, and docs/metrics.md. */
import { writeFile } from 'node:fs/promises';
import { docsFolder, pages, referenceFolder, references } from './references.ts';

for (const { name, page, schema } of references) {
  await writeFile(new URL(`${name}.md`, referenceFolder), page());
  await writeFile(new URL(`${name}.schema.json`, referenceFolder), `${JSON.stringify(schema(), undefined, 2)}\n`);
}
for (const [file, page] of Object.entries(pages)) await writeFile(new URL(file, docsFolder), page());
