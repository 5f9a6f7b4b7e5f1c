import { defineTransform } from '@sheaf/inference';

const species = ['setosa', 'versicolor', 'virginica'];
/** Below this nobody should rely on the answer. */
const sureFrom = 0.6;

/** Processing between models: a function from tensors to tensors, in a worker of its own, with a time limit. */
export default defineTransform(
  {
    // The tensors are declared, so that `sheaf check` can hold the pipeline against them before anything starts.
    inputs: { probabilities: { datatype: 'FP32', shape: ['flowers', 3] } },
    outputs: { species: { datatype: 'BYTES', shape: ['flowers'] } },
    // Asking it twice does no more than asking it once, so a call that was lost may be tried again.
    pure: true,
  },
  ({ probabilities }) => {
    const [flowers = 0, classes = 0] = probabilities.shape;
    const names = Array.from({ length: flowers }, (_, flower) => {
      // A tensor's elements come as one flat typed array, row by row.
      const row = probabilities.data.subarray(flower * classes, (flower + 1) * classes);
      const best = row.indexOf(Math.max(...row));
      return (row[best] ?? 0) >= sureFrom ? (species[best] ?? 'unknown') : 'unsure';
    });
    const encoder = new TextEncoder();
    return { species: { shape: [flowers], data: names.map((name) => encoder.encode(name)) } };
  },
);
