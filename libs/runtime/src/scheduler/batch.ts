import { createTensor, elementCount, InferError, type Tensor } from '@sheaf/inference';
import { type PackedTensor, unpackTensor } from '../tasks/packed-tensor.ts';

/** The inputs of several requests as those of one run: rows one below the other, `rows` of them, the last ones zero where there are fewer. */
export function joinRows(requests: readonly (readonly Tensor[])[], rows: number): PackedTensor[] {
  const [first = []] = requests;
  return first.map(({ name, datatype, shape }) => {
    const parts = requests.map((inputs) => inputs.find((input) => input.name === name) as Tensor);
    const given = parts.reduce((total, part) => total + (part.shape[0] ?? 0), 0);
    const bytes = parts.reduce((total, { data }) => total + data.byteLength, 0);
    const rest = shape.slice(1);
    // An element of BYTES that is missing is an empty one: a length of zero in four bytes.
    const padding =
      datatype === 'BYTES'
        ? 4 * elementCount([rows - given, ...rest])
        : given === 0
          ? 0
          : (bytes / given) * (rows - given);
    const joined = new Uint8Array(bytes + padding);
    let offset = 0;
    for (const { data } of parts) {
      joined.set(data, offset);
      offset += data.byteLength;
    }
    return { name, datatype, shape: [rows, ...rest], memory: joined.buffer };
  });
}

/** The outputs of one run as those of each request, as views; `counts` are the rows of each. */
export function splitRows(outputs: readonly PackedTensor[], counts: readonly number[]): Tensor[][] {
  const answers: Tensor[][] = counts.map(() => []);
  for (const output of outputs) {
    const tensor = unpackTensor(output);
    const [rows = 0, ...rest] = tensor.shape;
    const wanted = counts.reduce((total, count) => total + count, 0);
    if (tensor.shape.length === 0 || rows < wanted)
      throw new InferError('INTERNAL', `output "${output.name}" has ${rows} rows for ${wanted} of the inputs`, {
        reason: 'OUTPUT_MISMATCH',
      });
    const cuts = rowCuts(tensor, counts);
    for (const [index, count] of counts.entries()) {
      const data = tensor.data.subarray(cuts[index], cuts[index + 1]);
      answers[index]?.push(createTensor({ ...tensor, shape: [count, ...rest], data }));
    }
  }
  return answers;
}

/** Where in its bytes each request's rows begin, and the last ones end. */
function rowCuts({ datatype, shape, data }: Tensor, counts: readonly number[]): number[] {
  const [rows = 0, ...rest] = shape;
  const perRow = elementCount(rest);
  const cuts = [0];
  if (datatype !== 'BYTES') {
    const rowBytes = rows === 0 ? 0 : data.byteLength / rows;
    for (const count of counts) cuts.push((cuts.at(-1) ?? 0) + count * rowBytes);
    return cuts;
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let offset = 0;
  for (const count of counts) {
    for (let element = 0; element < count * perRow; element++) offset += 4 + view.getUint32(offset, true);
    cuts.push(offset);
  }
  return cuts;
}
