import type { JsonSchema } from '@sheaf/document';
import { pipelineDocument } from './language.ts';

/** The JSON Schema (draft 2020-12) of a pipeline document, for editors. */
export function pipelineSchema(): JsonSchema {
  const definitions = new Map<string, JsonSchema>();
  const schema = pipelineDocument.schema(definitions);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Sheaf pipeline',
    ...schema,
    $defs: Object.fromEntries(definitions),
  };
}
