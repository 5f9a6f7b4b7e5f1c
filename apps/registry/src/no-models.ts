/** What a server says of models that has none. */
import { type InferError, notFound } from '@sheaf/inference';
import type { Backend } from '@sheaf/transport';

const nowhere = (name: string): InferError =>
  notFound('this server keeps versions and asks no model; ask the gateway of a mesh', name);

/** Of the protocol of inference it answers what is asked of a server, and has no model. */
export const nothingToInfer: Pick<Backend, 'infer' | 'describe' | 'isReady' | 'names' | 'snapshot'> = {
  infer: async ({ model }) => {
    throw nowhere(model);
  },
  describe: (name) => {
    throw nowhere(name);
  },
  isReady: () => false,
  names: () => [],
  snapshot: () => ({ epoch: 1 }),
};
