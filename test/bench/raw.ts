/**
 * The limit: ONNX Runtime alone, one thread. Usage: raw.ts <model file> <columns> <batch> <seconds>; prints a line of JSON: rows per second, the median
 * run in milliseconds, and the answer to the row that every scenario asks for.
 */
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
let answer: number[] = [];
for (const x of inputs.toReversed()) {
  const { y } = await session.run({ x });
  answer = Array.from(y?.data as Float32Array).slice(0, 4);
}
const startedAt = performance.now();
const times: number[] = [];
while (performance.now() - startedAt < Number(seconds) * 1000) {
  const before = performance.now();
  await session.run({ x: inputs[times.length % inputs.length] as ort.Tensor });
  times.push(performance.now() - before);
}
const rowsPerSecond = (times.length * rows) / ((performance.now() - startedAt) / 1000);
const medianMs = times.sort((a, b) => a - b)[times.length >> 1];
console.log(JSON.stringify({ rowsPerSecond, medianMs, answer }));
