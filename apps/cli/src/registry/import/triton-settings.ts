/** What config.pbtxt says, in the words of model.yaml. */
import type { PbMessage, PbValue } from './pbtxt.ts';

type Json = number | string | boolean | readonly Json[] | { readonly [key: string]: Json };

export interface TritonSettings {
  /** Keys of model.yaml. */
  readonly settings: Readonly<Record<string, Json>>;
  /** What has no like, a sentence each. */
  readonly left: readonly string[];
}

const first = (message: PbMessage | undefined, name: string): PbValue | undefined => message?.get(name)?.[0];
const messageIn = (message: PbMessage | undefined, name: string): PbMessage | undefined => {
  const value = first(message, name);
  return value instanceof Map ? value : undefined;
};
const numberIn = (message: PbMessage | undefined, name: string): number | undefined => {
  const value = first(message, name);
  return typeof value === 'number' ? value : undefined;
};

/** Why a model is not one that is run by ONNX Runtime; undefined where it is. */
export function otherBackend(config: PbMessage): string | undefined {
  if (config.has('ensemble_scheduling') || first(config, 'platform') === 'ensemble')
    return 'it is an ensemble: write it as a pipeline (docs/build-a-pipeline.md)';
  const [backend, platform] = [first(config, 'backend'), first(config, 'platform')];
  const isOurs =
    (backend ?? 'onnxruntime') === 'onnxruntime' && (platform ?? 'onnxruntime_onnx') === 'onnxruntime_onnx';
  return isOurs ? undefined : `its backend is ${JSON.stringify(backend ?? platform)}: ONNX models are taken alone`;
}

/** What the model file says itself, and what says nothing here. */
const unneeded = [
  'name',
  'platform',
  'backend',
  'input',
  'output',
  'default_model_filename',
  'model_warmup',
  'runtime',
];

const readers: Readonly<Record<string, (config: PbMessage, settings: Record<string, Json>, left: string[]) => void>> = {
  max_batch_size: () => {},
  dynamic_batching: (config, settings, left) => {
    const batching = messageIn(config, 'dynamic_batching');
    const maxRows = numberIn(config, 'max_batch_size') ?? 0;
    const preferred = (batching?.get('preferred_batch_size') ?? []).filter((value) => typeof value === 'number');
    const delayUs = numberIn(batching, 'max_queue_delay_microseconds');
    settings['batching'] = {
      ...(maxRows > 0 && { maxRows }),
      ...(delayUs !== undefined && { maxQueueDelayMs: Math.ceil(delayUs / 1_000) }),
      ...(preferred.length > 0 && { preferredRows: preferred }),
    };
    const callsMax = numberIn(messageIn(batching, 'default_queue_policy'), 'max_queue_size');
    if (callsMax) settings['queue'] = { callsMax };
    const known = ['preferred_batch_size', 'max_queue_delay_microseconds', 'default_queue_policy'];
    for (const name of batching?.keys() ?? []) if (!known.includes(name)) left.push(noLike(`dynamic_batching.${name}`));
  },
  instance_group: (config, settings, left) => {
    const groups = (config.get('instance_group') ?? []).filter((group): group is PbMessage => group instanceof Map);
    const count = groups.reduce((sum, group) => sum + (numberIn(group, 'count') ?? 1), 0);
    if (count > 1) settings['instances'] = count;
    if (groups.some((group) => first(group, 'kind') === 'KIND_GPU'))
      left.push('instance_group of KIND_GPU: it runs on the CPU unless model.yaml says `providers`');
  },
  parameters: (config, settings, left) => {
    for (const entry of (config.get('parameters') ?? []).filter((one): one is PbMessage => one instanceof Map)) {
      const key = first(entry, 'key');
      const text = first(messageIn(entry, 'value'), 'string_value');
      const threads = Number(text);
      if (key === 'intra_op_thread_count' && Number.isInteger(threads) && threads > 0)
        settings['intraOpThreads'] = threads;
      else if (key !== 'intra_op_thread_count') left.push(noLike(`parameters ${JSON.stringify(key)}`));
    }
  },
  version_policy: (_config, _settings, left) =>
    void left.push('version_policy: all versions are brought; aliases say which is served'),
};

const noLike = (name: string): string => `${name} of config.pbtxt has no like, and is left out`;

export function settingsOf(config: PbMessage): TritonSettings {
  const settings: Record<string, Json> = {};
  const left: string[] = [];
  for (const name of config.keys()) {
    const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (read) read(config, settings, left);
    else if (!unneeded.includes(name)) left.push(noLike(name));
  }
  return { settings, left };
}
