/** How long the stages of pipelines usually take, each by the versions that it asks. */
import type { Aliases } from '@sheaf/inference';
import { type PipelineSpec, StageTimes } from '@sheaf/pipeline';

/** By the key of a latency tracker, those that were looked for last at the end. Catalogs hand it on, so that a reload forgets nothing. */
export type KnownTimes = Map<string, StageTimes>;

/** Of each pipeline so many sets of versions are remembered: what a rollback leads to is still known. */
const statesMax = 4;

/** `keysOf` names what a pipeline asks by some aliases, `pipelines` is how many there are. */
export function createStageTimes(
  pipelines: number,
  keysOf: (aliases: Aliases) => (spec: PipelineSpec) => string,
  known: KnownTimes,
): (spec: PipelineSpec, aliases: Aliases) => StageTimes {
  const byAliases = new WeakMap<Aliases, (spec: PipelineSpec) => StageTimes>();
  const take = (key: string): StageTimes => {
    const times = known.get(key) ?? new StageTimes();
    known.delete(key);
    known.set(key, times);
    for (const [oldest] of known) if (known.size > statesMax * pipelines) known.delete(oldest);
    return times;
  };
  const timesBy = (aliases: Aliases): ((spec: PipelineSpec) => StageTimes) => {
    const keyOf = keysOf(aliases);
    const own = new Map<PipelineSpec, StageTimes>();
    return (spec) => {
      const times = own.get(spec) ?? take(keyOf(spec));
      own.set(spec, times);
      return times;
    };
  };
  return (spec, aliases) => {
    const times = byAliases.get(aliases) ?? timesBy(aliases);
    byAliases.set(aliases, times);
    return times(spec);
  };
}
