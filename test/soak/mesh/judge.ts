/** Whether what a mesh has counted is what its callers have seen. */
import { modelLaws } from './model-laws.ts';
import type { SoakRecord } from './record.ts';
import { requestLaws } from './request-laws.ts';
import { restLaws } from './rest-laws.ts';
import { tryLaws } from './try-laws.ts';

/** A sentence for each number that does not add up. */
export const judge = (record: SoakRecord): readonly string[] => [
  ...requestLaws(record),
  ...tryLaws(record),
  ...modelLaws(record),
  ...restLaws(record),
];
