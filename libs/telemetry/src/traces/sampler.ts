import { randomBytes } from 'node:crypto';
import { log, type Sample } from '@sheaf/inference';

type Environment = Readonly<Record<string, string | undefined>>;

const always: Sample = () => true;
const never: Sample = () => false;

/** By 52 of the bits that W3C wants random, which a number holds exactly: every process that sees the trace decides alike. */
const ratio =
  (share: number): Sample =>
  (traceId) =>
    Number.parseInt(traceId.slice(-13), 16) / 2 ** 52 >= 1 - share;

/** Whoever began the trace has decided. */
const parentBased =
  (root: Sample): Sample =>
  (traceId, parent) =>
    parent ?? root(traceId, parent);

/** As OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG say; what is wrong with them is told, and stands for the default. */
export function samplerOf(
  { OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG }: Environment,
  tell: (mistake: string) => void = (mistake) => log('tracing.variable-wrong', mistake),
): Sample {
  const given = Number(OTEL_TRACES_SAMPLER_ARG || 1);
  const share = given >= 0 && given <= 1 ? given : 1;
  const samplers: Readonly<Record<string, Sample>> = {
    always_on: always,
    always_off: never,
    traceidratio: ratio(share),
    parentbased_always_on: parentBased(always),
    parentbased_always_off: parentBased(never),
    parentbased_traceidratio: parentBased(ratio(share)),
  };
  const name = OTEL_TRACES_SAMPLER || 'parentbased_always_on';
  const sampler = Object.hasOwn(samplers, name) ? samplers[name] : undefined;
  if (!sampler) tell(`OTEL_TRACES_SAMPLER: want one of ${Object.keys(samplers).join(', ')}, got "${name}"`);
  else if (name.endsWith('traceidratio') && share !== given)
    tell(`OTEL_TRACES_SAMPLER_ARG: want a number from 0 to 1, got "${OTEL_TRACES_SAMPLER_ARG}"; 1 is taken`);
  return sampler ?? parentBased(always);
}

/**
 * As `samplerOf`, for what a process of the mesh asks another: the public server has decided for whoever came in, and a share by ids is not asked for again,
 * since the public server need not have gone by the id.
 */
export function innerSamplerOf(environment: Environment): Sample {
  const { OTEL_TRACES_SAMPLER: name } = environment;
  const inner =
    name === 'traceidratio' ? { ...environment, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio' } : environment;
  // What is wrong with it is told where the calls come in.
  return samplerOf(inner, () => {});
}

/** As `sample` decides of a trace that nobody has begun: a caller says neither by its flag nor by the id that it chose whether it is looked at. */
export const ofStrangers =
  (sample: Sample): Sample =>
  (traceId, parent) =>
    sample(parent === undefined ? traceId : randomBytes(16).toString('hex'), undefined);
