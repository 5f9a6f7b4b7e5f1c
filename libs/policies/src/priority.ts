import {
  invalidMetadata,
  isPriority,
  knownPrincipal,
  type Layer,
  lessImportant,
  type Priority,
  priorities,
} from '@sheaf/inference';

/** What callers may name a priority by: our own key, and the one of the inference extension. */
const keys = ['x-priority', 'x-gateway-inference-objective'] as const;

/** The priority of a call: the least of what its principal may have, what its metadata asks and what its parameter asks. Never more than its own. */
export const setPriority: Layer = (next) => (request, context) => {
  const { principal, metadata } = context;
  let priority: Priority = knownPrincipal(principal)?.priority ?? 'standard';
  for (const key of keys) {
    const asked = metadata?.(key);
    if (asked === undefined) continue;
    if (!isPriority(asked))
      return Promise.reject(
        invalidMetadata(
          `metadata "${key}"`,
          `want ${priorities.join(', ')}, got "${asked.slice(0, 40)}"`,
          'PRIORITY_INVALID',
        ),
      );
    priority = lessImportant(priority, asked);
  }
  const parameter = request.parameters.get('priority');
  if (typeof parameter !== 'bigint' || parameter === 0n) return next(request, { ...context, priority });
  // 1 is the highest; the protocol has no last one.
  priority = lessImportant(priority, priorities[Math.min(Number(parameter), priorities.length) - 1] as Priority);
  const parameters = new Map([...request.parameters, ['priority', BigInt(priorities.indexOf(priority) + 1)]]);
  return next({ ...request, parameters }, { ...context, priority });
};
