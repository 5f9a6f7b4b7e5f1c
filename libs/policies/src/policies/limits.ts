import { fenced, fieldsTable, optional, section } from '@sheaf/document';
import { sharedBackends } from '@sheaf/limiter';
import { enforceLimits } from '../limits.ts';
import { limiter, limiterFields, limitVariants, limits as reader } from '../limits-language.ts';
import type { LimiterSpec, LimitSpec } from '../spec.ts';
import type { Policy } from './policy.ts';

interface Spec {
  readonly limits: readonly LimitSpec[];
  readonly limiter: LimiterSpec;
}

const sharedPlaces = Object.values(sharedBackends)
  .map(({ variable }) => `\`${variable}\`, or \`${variable}_FILE\``)
  .join(', or ');

const examples = {
  cost: `
limits:
  - name: work
    quota: 5000000/month
    per: [tenant, model]
    cost: 1.0 + inputBytes / 1000000.0 + ms / 10.0
    settle: 0.25`,
  limiter: `
limiter: { whenRedisIsGone: closed }`,
};

const fields = {
  limits: optional(reader, 'How much of what each may use.'),
  limiter: optional(limiter, 'How limits are counted by several gateways.'),
};

export const limits: Policy<Spec, typeof fields> = {
  fields,
  read: ({ limits: read = [], limiter: counted = { share: false, whenGone: 'share' } }) => ({
    limits: read,
    limiter: counted,
  }),
  reference: [
    section(
      'limits',
      'A call takes of every limit that is about it, all in one step, or it is refused and takes of none. A limit is exactly one of:',
      ...Object.entries(limitVariants.kinds).flatMap(([kind, fields]) => [`### ${kind}`, fieldsTable(fields)]),
      '### All of them',
      fieldsTable(limitVariants.shared),
      '`tenant` is whom the credential belongs to, `key` the credential itself, `model` the model or pipeline that a route has led to, `address` where the call comes from: an IPv4 address, or the /64 of an IPv6 address. A quota is never of an address, since quotas are kept for a month. Calls that a pipeline or transform makes inside are paid for already.',
      '### Cost',
      'A [CEL](https://cel.dev) expression that is worked out for each model call that the plan will make, and summed: an ensemble of eight counts eight. All four variables are doubles; `rows` is the most that any input has, and of rows, elements and bytes there is at least 1. After the call it is worked out again for the calls that were made, with what each was asked and the time that it took, and the difference is charged or given back, within `settle`. Where more calls were made than planned (the parts of an `each` are planned as one), all of them are charged, also where no more is left: the bucket then owes. What comes to less than 0 or to no number counts as one.',
      '### Calls that fail',
      'A call pays for what it ran, however it ends. One that ran nothing (what it asks is not what the model takes, or could not be reached) has its cost and its part of a quota given back, as a plan has; of a rate it has taken one for good, since such calls take time too. So do messages that cannot be read, and names that are not there or not for this caller: of each rate that is about all models and not `per` model. Whom that leaves with nothing has its messages refused unread, until there is one again. A fallback of the same call does not take that one again.',
      fenced(examples.cost),
      '### limiter',
      `A part of the file of its own. One gateway counts in its memory. Several count together where the environment has ${sharedPlaces} with the absolute path of a file that holds it; without either \`sheaf check\` wants \`share: true\`. Quotas are kept in the state of the mesh in any case.`,
      fieldsTable(limiterFields),
      fenced(examples.limiter),
      '### What an answer tells',
      'Each answer to a call that limits are about, good or bad, has the trailers `ratelimit` (`"burst";r=199;t=1`: what is left, and the seconds until it is full) and `ratelimit-policy` (`"burst";q=200;w=2;qu="requests"`: how much, in which seconds, of what), as [the draft](https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/) has them, and `x-ratelimit-degraded: share` while Redis is gone.',
    ),
  ],
  examples,
  layer: (_, { limits: compiled, limiter: counter, plans, recent, strays }) =>
    enforceLimits(compiled, counter, plans, { recent, strays }),
};
