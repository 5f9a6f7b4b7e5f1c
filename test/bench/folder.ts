/** The mesh that is measured. */
import { perceptron } from './models.ts';

/** Its models by name: the widths of their layers, that of the input first. */
export const models = {
  /** About 2 ms alone on a core. */
  large: [1024, 2048, 2048, 1000],
  /** About 10 ms. */
  huge: [2048, 4096, 4096, 1000],
  /** About 20 us. */
  small: [64, 128, 10],
  /** 64 KiB and 600 KB of input. */
  'input-64k': [16_384, 4],
  'input-600k': [150_000, 4],
} as const;
export type ModelName = keyof typeof models;

const bytesOf = (name: ModelName): Uint8Array =>
  perceptron(...(models[name] as readonly [number, number, ...number[]]));
const stage = perceptron(64, 128, 64);
const stageNames = ['one', 'two', 'three'];
const memberNames = ['a', 'b', 'c'];

const chain = (): string => {
  const stages = stageNames.map((name, index) => {
    const from = index === 0 ? 'x' : `${stageNames[index - 1]}.y`;
    return `  ${name}: { model: stage-${name}, inputs: { x: ${from} } }`;
  });
  return `pipeline: chain\ninputs: { x: { datatype: FP32, shape: [-1, 64] } }\nstages:\n${stages.join('\n')}\noutputs: { y: three.y }\n`;
};

const ensemble = (name: string, columns: number, member: string): string =>
  [
    `pipeline: ${name}`,
    `inputs: { x: { datatype: FP32, shape: [-1, ${columns}] } }`,
    'stages:',
    '  all:',
    `    ensemble: { ${memberNames.map((own) => `${own}: { model: ${member}-${own} }`).join(', ')} }`,
    '    inputs: { x: x }',
    '    combine: { mean: y }',
    'outputs: { y: all.y }',
    '',
  ].join('\n');

/** `sleepers` are the ports of three servers that wait 20 ms and answer. */
export const meshFiles = (sleepers: readonly number[]): Record<string, string | Uint8Array> => ({
  ...Object.fromEntries((Object.keys(models) as ModelName[]).map((name) => [`models/${name}`, bytesOf(name)])),
  'models/large-alone': bytesOf('large'),
  'models/large-alone/model.yaml': 'batching: false\n',
  ...Object.fromEntries(stageNames.map((name) => [`models/stage-${name}`, stage])),
  ...Object.fromEntries(memberNames.map((name) => [`models/member-${name}`, bytesOf('large')])),
  'pipelines/chain.yaml': chain(),
  'pipelines/together.yaml': ensemble('together', 1024, 'member'),
  'pipelines/asleep.yaml': ensemble('asleep', 64, 'sleeper'),
  'mesh.yaml': [
    'services:',
    ...memberNames.map(
      (name, index) => `  sleeper-${name}: { models: [sleeper-${name}], endpoint: "127.0.0.1:${sleepers[index]}" }`,
    ),
    '',
  ].join('\n'),
});
