/** What two requests have in common that get the same answer. */
import { createHash } from 'node:crypto';
import { type CallContext, type InferRequest, knownPrincipal } from '@sheaf/inference';
import type { CacheRule } from './rules.ts';

/**
 * SHA-256 in base64 of all that an answer may depend on, and not the id of the request. `identity` stands for what answers: version, content, and what of the
 * call beside the request it goes by. The models that a principal may see are in it, since a rule may lead a call elsewhere only where its caller may see
 * that.
 */
export function answerKey(
  { model, parameters, inputs, outputs }: InferRequest,
  identity: string,
  { isShared }: Pick<CacheRule, 'isShared'>,
  { principal: caller }: Pick<CallContext, 'principal'>,
): string {
  const principal = knownPrincipal(caller);
  const tenant = isShared ? '' : (principal?.tenant ?? '');
  const sorted = inputs.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const head = [
    [model, identity, isShared, tenant, principal?.models ?? []],
    [...parameters].map(([name, value]) => [name, typeof value, String(value)]).sort(byName),
    sorted.map(({ name, datatype, shape, data }) => [name, datatype, shape, data.byteLength]),
    outputs,
  ];
  const hash = createHash('sha256').update(JSON.stringify(head));
  for (const { data } of sorted) hash.update(data);
  return hash.digest('base64');
}

const byName = ([a = '']: string[], [b = '']: string[]): number => (a < b ? -1 : 1);
