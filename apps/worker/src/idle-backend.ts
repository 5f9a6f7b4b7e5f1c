/** What a worker's server says to whoever asks for a model: it answers for its health and its numbers alone. */
import { type InferError, notFound } from '@sheaf/inference';
import type { Backend } from '@sheaf/transport';

const nowhere = (name: string): InferError => notFound('a worker answers no calls; ask the gateway of the mesh', name);

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
