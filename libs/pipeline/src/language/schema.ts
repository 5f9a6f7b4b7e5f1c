import { documentSchema, type JsonSchema } from '@sheaf/document';
import { pipelineDocument } from './language.ts';

/** The JSON Schema of a pipeline document, for editors. */
export const pipelineSchema = (): JsonSchema => documentSchema('Sheaf pipeline', pipelineDocument);
