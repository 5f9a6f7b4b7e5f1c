/** The limit: ONNX Runtime alone, one thread. Usage: raw.ts <model file> <columns> <batch> <seconds>; prints rows per second. */
import * as ort from 'onnxruntime-node';

const [file = '', columns = '', batch = '', seconds = ''] = process.argv.slice(2);
const session = await ort.InferenceSession.create(file, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  extra: { session: { intra_op: { allow_spinning: '0' } } },
});
const rows = Number(batch);
const inputs = Array.from({ length: 8 }, (_, index) => {
  const values = Float32Array.from({ length: rows * Number(columns) }, (_value, at) => Math.sin(at + index));
  return new ort.Tensor('float32', values, [rows, Number(columns)]);
});
for (const x of inputs) await session.run({ x });
const startedAt = performance.now();
let runs = 0;
while (performance.now() - startedAt < Number(seconds) * 1000) {
  await session.run({ x: inputs[runs % inputs.length] as ort.Tensor });
  runs++;
}
console.log((runs * rows) / ((performance.now() - startedAt) / 1000));
