/** Writes what is generated from the definitions of the pipeline language: the reference page and the JSON Schema. */
import { writeFile } from 'node:fs/promises';
import { pipelineSchema, referencePage } from '@sheaf/pipeline';

const room = new URL('../../libs/pipeline/', import.meta.url);
await writeFile(new URL('REFERENCE.md', room), referencePage());
await writeFile(new URL('pipeline.schema.json', room), `${JSON.stringify(pipelineSchema(), undefined, 2)}\n`);
