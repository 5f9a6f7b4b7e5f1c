import { decodeImage, drawBoxes } from '@sheaf/tensor-io';
import { printAnswer } from '../asking/print-answer.ts';
import { askMesh, type Input, requestHelp, requestOptions } from '../asking/request.ts';
import { type Command, textOf, UsageError, writeOrFail } from '../command.ts';

export const infer: Command = {
  usage: 'infer <pipeline or model> <input> ...',
  summary: 'ask a running mesh, with an image, a .npy, JSON or raw tensors',
  options: { ...requestOptions, json: { type: 'boolean' }, explain: { type: 'boolean' }, draw: { type: 'string' } },
  help: `${requestHelp}
  --explain            the path the call took, with times
  --json               the answer as JSON
  --draw <out.png>     the image with the answer's boxes ([n, 4]) or quadrilaterals ([n, 4, 2]) drawn on it, and its texts beside`,
  async run([name, ...sources], values) {
    if (!name) throw new UsageError(`usage: sheaf ${infer.usage}`);
    let image: Awaited<ReturnType<typeof imageToDraw>>;
    const answered = await askMesh(name, sources, values, {
      explain: values['explain'] === true,
      onInputs: async (inputs) => {
        image = await imageToDraw(textOf(values['draw']), inputs);
      },
    });
    printAnswer(answered, values);
    if (image) {
      await writeOrFail(image.file, await drawBoxes(image.decoded, answered.response.outputs));
      console.error(`drawn: ${image.file}`);
    }
  },
};

/** Looked at before the mesh is asked: a picture of nothing is a mistake of the command. */
async function imageToDraw(file: string | undefined, inputs: readonly Input[]) {
  if (file === undefined) return undefined;
  const [first] = inputs;
  try {
    return { file, decoded: await decodeImage(first?.bytes ?? new Uint8Array()) };
  } catch (error) {
    throw new UsageError(`--draw wants an image as the first input: ${(error as Error).message}`);
  }
}
