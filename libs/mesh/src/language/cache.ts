/** `cache` of mesh.yaml: which answers a gateway keeps. */
import type { CacheRule, CacheSpec } from '@sheaf/cache';
import { boolean, byteCount, duration, list, mapped, record, required, text, withDefault } from '@sheaf/document';

const pattern = text('a name of a model or pipeline, with * for any run of characters', /^[A-Za-z0-9._*-]{1,128}$/);
/** So many names are looked at for the first call of a name. */
const rulesMax = 256;

export const cacheRuleFields = {
  models: required(
    list(pattern, 'a list of names of models and pipelines', 256),
    'Models and pipelines whose answers are kept; `*` stands for any run of characters. What a route leads to is meant.',
  ),
  keep: required(duration, 'How long an answer is kept, such as `10m`.'),
  shared: withDefault(boolean, false, 'Whether a tenant may have what another one was answered.'),
};

const rule = mapped(
  record(cacheRuleFields),
  ({ models, keep, shared }): CacheRule => ({ models, keepMs: keep, isShared: shared }),
);

export const cacheFields = {
  bytes: withDefault(
    byteCount(2 ** 20, 2 ** 40),
    64 * 2 ** 20,
    'What the answers take of the memory of each gateway at most, such as `512MiB`. Those that were not used for longest go first.',
  ),
  answers: required(
    list(rule, 'a list of rules', rulesMax),
    'Which answers; the first rule that is about a name counts.',
  ),
};

export const cache = mapped(
  record(cacheFields),
  ({ bytes, answers }): CacheSpec => ({ bytesMax: bytes, rules: answers }),
);
