/** Writes what is generated from the definitions of the pipeline language and of policies.yaml: the reference pages and the JSON Schemas. */
import { writeFile } from 'node:fs/promises';
import { pipelineSchema, referencePage } from '@sheaf/pipeline';
import { policiesPage, policiesSchema } from '@sheaf/policies';

const libs = new URL('../../libs/', import.meta.url);
const write = (file: string, text: string): Promise<void> => writeFile(new URL(file, libs), text);
const json = (schema: object): string => `${JSON.stringify(schema, undefined, 2)}\n`;

await write('pipeline/REFERENCE.md', referencePage());
await write('pipeline/pipeline.schema.json', json(pipelineSchema()));
await write('policies/REFERENCE.md', policiesPage());
await write('policies/policies.schema.json', json(policiesSchema()));
