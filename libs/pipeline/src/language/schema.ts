import { documentSchema, type JsonSchema } from '@sheaf/document';
import { pipelineDocument } from './pipeline-document.ts';

/** The JSON Schema of a pipeline document, for editors. */
export const pipelineSchema = (): JsonSchema => documentSchema('Sheaf pipeline', pipelineDocument);
