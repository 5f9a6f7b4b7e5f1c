/** The answers that this gateway keeps, and what is counted of them. */
import {
  type AnswerStore,
  type CacheTold,
  createAnswerStore,
  createRules,
  createSharedCalls,
  keepAnswers,
} from '@sheaf/cache';
import type { Layer } from '@sheaf/inference';
import type { Mesh } from '@sheaf/mesh';
import type { Registry } from '@sheaf/telemetry';
import type { AnswerIdentity } from './answer-identity.ts';

export interface AnswerCachePorts {
  /** Undefined: nothing is counted. */
  readonly registry: Registry | undefined;
  /** Whether a rollout or a shadow looks at the calls of a name: those are answered by the versions themselves, or it would compare what was kept. */
  readonly isTried: (model: string) => boolean;
}

export interface AnswerCache {
  /** Of one revision: by what its mesh.yaml says. What was kept before is found again where the same would answer. */
  layer(mesh: Pick<Mesh, 'cache'>, identityOf: AnswerIdentity): Layer;
}

export function createAnswerCache({ registry, isTried }: AnswerCachePorts): AnswerCache {
  let bytesMax = 0;
  let store: AnswerStore = createAnswerStore(bytesMax);
  const calls = createSharedCalls();
  const onAnswer = registry && countAnswers(registry, () => store);
  return {
    layer: ({ cache }, identityOf) => {
      if (!cache) return (next) => next;
      if (cache.bytesMax !== bytesMax) {
        bytesMax = cache.bytesMax;
        store = createAnswerStore(bytesMax);
      }
      const ruleFor = createRules(cache);
      const ruleOf = (model: string) => (isTried(model) ? undefined : ruleFor(model));
      return keepAnswers({ ruleOf, identityOf, store, calls, onAnswer });
    },
  };
}

function countAnswers(registry: Registry, store: () => AnswerStore): (told: CacheTold) => void {
  const answers = registry.counter('sheaf_cache_answers_total');
  registry.read('sheaf_cache_bytes', () => [[[], store().bytes]]);
  registry.read('sheaf_cache_entries', () => [[[], store().entries]]);
  registry.read('sheaf_cache_evictions_total', () => [[[], store().evicted]]);
  return ({ model, version, result }) => {
    answers.of(model, version, result).value++;
  };
}
