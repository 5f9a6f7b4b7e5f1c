import { hideUnseen } from '../visibility.ts';
import type { Policy } from './policy.ts';

/** Holds whatever the file says: what a credential gives says what is seen. */
export const visibility: Policy<object, Record<never, never>> = {
  fields: {},
  read: () => ({}),
  reference: [],
  examples: {},
  layer: (_, { strays }) => hideUnseen(strays),
};
