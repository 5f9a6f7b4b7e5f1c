import { defineTransform } from '@sheaf/inference';

// One box around everything: what is left to try when nobody can say where the digits are.
export default defineTransform(
  {
    inputs: { image: { datatype: 'UINT8', shape: [-1, -1] } },
    outputs: { boxes: { datatype: 'FP32', shape: ['n', 4] } },
  },
  ({ image }) => {
    const [height = 0, width = 0] = image.shape;
    return { boxes: { shape: [1, 4], data: Float32Array.of(0, 0, width, height) } };
  },
);
