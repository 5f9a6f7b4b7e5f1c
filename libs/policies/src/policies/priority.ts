import { setPriority } from '../priority.ts';
import type { Policy } from './policy.ts';

/** Holds whatever the file says: what a credential gives is its bound. */
export const priority: Policy<object, Record<never, never>> = {
  fields: {},
  read: () => ({}),
  reference: [],
  examples: {},
  layer: () => setPriority,
};
