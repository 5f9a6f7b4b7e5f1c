/** Every kind of YAML file that a user writes: its reference page and its JSON Schema, both made from the definitions that its reader reads by. */

import type { JsonSchema } from '@sheaf/document';
import { eventsPage } from '@sheaf/inference';
import {
  batchPage,
  batchSchema,
  meshPage,
  meshSchema,
  modelPage,
  modelSchema,
  testsPage,
  testsSchema,
} from '@sheaf/mesh';
import { pipelineSchema, referencePage } from '@sheaf/pipeline';
import { policiesPage, policiesSchema } from '@sheaf/policies';
import { metricsPage } from '@sheaf/telemetry';

export interface Reference {
  /** The page is `docs/reference/<name>.md`, the schema `docs/reference/<name>.schema.json`. */
  readonly name: string;
  /** Markdown. */
  readonly page: () => string;
  readonly schema: () => JsonSchema;
}

export const references: readonly Reference[] = [
  { name: 'pipeline', page: referencePage, schema: pipelineSchema },
  { name: 'mesh', page: meshPage, schema: meshSchema },
  { name: 'model', page: modelPage, schema: modelSchema },
  { name: 'tests', page: testsPage, schema: testsSchema },
  { name: 'batch', page: batchPage, schema: batchSchema },
  { name: 'policies', page: policiesPage, schema: policiesSchema },
];

/** Pages without a schema, by their files in docs. */
export const pages: Readonly<Record<string, () => string>> = {
  'reference/events.md': eventsPage,
  'metrics.md': metricsPage,
};

export const docsFolder = new URL('../../docs/', import.meta.url);
export const referenceFolder = new URL('reference/', docsFolder);
