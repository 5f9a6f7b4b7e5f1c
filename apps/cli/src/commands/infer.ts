import { explanationParameter, parseExplanation } from '@sheaf/inference';
import { decodeImage, drawBoxes, toJson } from '@sheaf/tensor-io';
import { table } from '@sheaf/terminal';
import type { Answered } from '@sheaf/transport';
import { askMesh, type Input, requestHelp, requestOptions } from '../asking/request.ts';
import { type Command, type OptionValues, textOf, UsageError, writeOrFail } from '../command.ts';
import { explanationTree, outputsTable } from '../print.ts';

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
    print(answered, values);
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

function print({ response, elapsedMs }: Answered, { json, explain }: OptionValues): void {
  const { model, version, outputs, parameters } = response;
  const explanation = explain ? parseExplanation(parameters.get(explanationParameter)) : undefined;
  if (json) {
    const others = [...parameters].filter(([key]) => key !== explanationParameter);
    const body = {
      model_name: model,
      model_version: version,
      parameters: Object.fromEntries(
        others.map(([key, value]) => [key, typeof value === 'bigint' ? Number(value) : value]),
      ),
      outputs: outputs.map(toJson),
      ...(explanation ? { explanation } : {}),
    };
    console.log(JSON.stringify(body));
    return;
  }
  console.log(`${model}/${version}  ${elapsedMs.toFixed(1)} ms\n`);
  console.log(outputsTable(outputs));
  const told = [...parameters].filter(([key]) => key !== explanationParameter && key !== 'sheaf_versions');
  if (told.length > 0) console.log(`\n${table(told.map(([key, value]) => [key, String(value)]))}`);
  if (explanation) console.log(`\n${explanationTree(explanation)}`);
}
