/** The reference page of policies.yaml, made from the definitions that the parser reads by. */
import { fenced, fieldsTable, kindsTable, section } from '@sheaf/document';
import { grantFields, identityProviders, throttleFields } from '@sheaf/identity';
import { sharedBackends } from '@sheaf/limiter';
import { accessLogFields, addressFields } from './access-language.ts';
import { methodRoles } from './admission.ts';
import { identityFields } from './identity-language.ts';
import { limiterFields, limitVariants } from './limits-language.ts';
import { policyFields } from './policies.ts';
import { conditionVariants, routeVariants } from './routes-language.ts';

/** A whole file: parsed by the test of this page. */
export const policiesExample = `
# yaml-language-server: $schema=schemas/policies.schema.json
identity:
  jwt:
    - issuer: https://id.example.com
      audience: sheaf
      jwks: https://id.example.com/.well-known/jwks.json
      algorithms: [ES256]
      tenant: { claim: org }
      tenants: [acme, acme-*]
      roles: { claim: scope }
      claims: [plan]
  certificates:
    - { subject: "URI:spiffe://mesh/monitor", tenant: operations, roles: [observe] }
  open: [health]
addresses:
  deny: [198.51.100.0/24]
  roles: { admin: [10.0.0.0/8, "fd00::/8"] }
limits:
  - { name: burst, rate: 100/s, burst: 200 }
  - { name: at-once, concurrent: 16, per: [key] }
  - { name: each, rate: 50/s, per: [address] }
  - { name: trial, quota: 1000/day, tenants: [trial-*] }
  - { name: work, rate: 2000/s, burst: 10000, cost: ms, models: [read-*] }
routes:
  reader: { to: read-page/2, fallback: read-page/1 }
  digits:
    when: [{ claim: plan, is: premium, to: digits-forest }]
    split: { digits-cnn: 90, digits-kernel: 10 }
    sticky: tenant
`;

/** Parts of the file that are not in the example: parsed by the test of this page. */
const providerExamples = Object.fromEntries(
  identityProviders.flatMap(({ fields, example }) => (example ? [[Object.keys(fields).join(), example]] : [])),
);

export const policySnippets = {
  cost: `
limits:
  - name: work
    quota: 5000000/month
    per: [tenant, model]
    cost: 1.0 + inputBytes / 1000000.0 + ms / 10.0
    settle: 0.25`,
  sticky: `
routes:
  read:
    split: { read-page: 95, read-page-next/3: 5 }
    sticky: { metadata: x-user }
    fallback: read-page/1`,
  limiter: `
limiter: { whenRedisIsGone: closed }`,
  throttle: `
identity:
  throttle: { address: 200, waitMax: 5m }`,
  accessLog: `
accessLog: { calls: all, file: /var/log/sheaf/access.log }`,
  ...providerExamples,
};

const refusals = [
  '| what | code | reason | pushback |',
  '|---|---|---|---|',
  '| no credential, one that is none, one that has expired | UNAUTHENTICATED | `CREDENTIALS_MISSING`, `TOKEN_INVALID`, `TOKEN_EXPIRED` | do not retry |',
  '| bad credentials again and again | RESOURCE_EXHAUSTED | `AUTHENTICATION_THROTTLED` | when the next is looked at |',
  '| an address that may not call, or not with this credential | PERMISSION_DENIED | `ADDRESS_DENIED` | do not retry |',
  '| a method that wants another role | PERMISSION_DENIED | `ROLE_MISSING` | do not retry |',
  '| a name that is not there, or not there for this caller | NOT_FOUND | `MODEL_NOT_FOUND` | do not retry |',
  '| `rate` used up | RESOURCE_EXHAUSTED | `RATE_LIMITED` | when there is enough again |',
  '| `quota` used up | RESOURCE_EXHAUSTED | `QUOTA_EXHAUSTED` | do not retry; RetryInfo says when the window ends |',
  '| `concurrent` used up | UNAVAILABLE | `OVERLOADED` | 10 to 100 ms |',
  '| a cost above the whole limit | INVALID_ARGUMENT | `COST_EXCEEDS_LIMIT` | do not retry: send fewer rows |',
  '| Redis gone, with `whenRedisIsGone: closed` | UNAVAILABLE | `LIMITS_UNAVAILABLE` | 1 s |',
].join('\n');

const methods = [
  '| method | role |',
  '|---|---|',
  ...Object.entries(methodRoles).map(
    ([method, role]) => `| \`${method}\` | ${role === 'any' ? 'any that is known' : role} |`,
  ),
].join('\n');

const identitySections = [
  section(
    'identity',
    'The first credential that a caller shows decides: `x-api-key`, `authorization: Bearer` (an API key or a token), a client certificate, nothing. A bad one is refused whatever else there is.',
    fieldsTable(identityFields),
    '### What a credential gives',
    'The same keys for `anonymous` and for each of `certificates`; for an API key they are said when it is made.',
    fieldsTable(grantFields),
    'Roles: `infer` asks models, `observe` reads how things are, `admin` changes them (and may do what `observe` may). Nobody has both `infer` and `admin`; nobody anonymous is an `admin`. A caller may ask for a lower priority (`x-priority`, or the parameter `priority`), never for a higher one.',
    ...identityProviders.flatMap(({ reference, example }) => [...reference, ...(example ? [fenced(example)] : [])]),
    '### throttle',
    'API keys and tokens that are not valid are counted by the address that they come from; what has expired, client certificates, and nothing at all are not counted. When there were too many, the next are refused unseen for a second, and after each further failure for twice as long. Meanwhile a key that was good from that address before is looked at, and so is a token whose issuer and subject were. Failures are forgotten evenly within ten minutes. Each gateway counts for itself. Behind a proxy, such as an ingress, name it in `gateway.trustedProxies` in mesh.yaml: else all callers have its address, and one of them with bad tokens has every new one refused. What comes from loopback is not counted, since it may come through a proxy of this machine.',
    fieldsTable(throttleFields),
    fenced(policySnippets.throttle),
    '### Methods',
    methods,
  ),
];

const addressSections = [
  section(
    'addresses',
    'An address is that of the connection, or what a proxy that is trusted says of it. `allow` and `deny` hold for all methods, also for those that are open, and are looked at before anything else. `addresses` of an issuer, of `anonymous` and of one of `certificates` is looked at before a signature.',
    fieldsTable(addressFields),
  ),
];

const accessLogSections = [
  section(
    'accessLog',
    '`all`, `refused` or `off`, or a mapping:',
    fieldsTable(accessLogFields),
    fenced(policySnippets.accessLog),
    'A line of JSON for each call: `time`, `address`, `principal`, `tenant`, `method`, `model`, `version`, `code`, `reason`, `bytesIn` and `bytesOut` of the messages, `ms`, and `trace`, by which it is found in traces and in `x-trace-id`. What is not known is left out. Tensors, credentials and metadata are never in it. `refused` is of all calls that did not end OK, but for those whose caller left. For each reason and caller (its credential, or else its address) ten refusals a second have lines, 200 for all together, and the others are counted (`calls left out`): for the 50 reasons and callers with the most, and in one line for the rest; beyond 256 a second they are counted by reason.',
    'No call waits for the log. Lines wait in a mebibyte of memory at most; what cannot be written is counted (`lines lost`), and told once in the log of the gateway. A file that is renamed is opened anew under its name within a second, and one that is cut is gone on with, so that `logrotate` needs no signal, and `copytruncate` works too. It is made for its owner and group only (0640). Several gateways may append to the same file.',
    "`trustCallersSampling`: by default the sampled flag of a caller's `traceparent` is no more than a request. Its ids are kept, so that the trace is found, but the sampler of the gateway (`OTEL_TRACES_SAMPLER`) decides as of a trace that begins here, and not by an id that a caller may choose.",
  ),
];

const sharedPlaces = Object.values(sharedBackends)
  .map(({ variable }) => `\`${variable}\`, or \`${variable}_FILE\``)
  .join(', or ');

const limitSections = [
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
    fenced(policySnippets.cost),
    '### limiter',
    `A part of the file of its own. One gateway counts in its memory. Several count together where the environment has ${sharedPlaces} with the absolute path of a file that holds it; without either \`sheaf check\` wants \`share: true\`. Quotas are kept in the state of the mesh in any case.`,
    fieldsTable(limiterFields),
    fenced(policySnippets.limiter),
    '### What an answer tells',
    'Each answer to a call that limits are about, good or bad, has the trailers `ratelimit` (`"burst";r=199;t=1`: what is left, and the seconds until it is full) and `ratelimit-policy` (`"burst";q=200;w=2;qu="requests"`: how much, in which seconds, of what), as [the draft](https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/) has them, and `x-ratelimit-degraded: share` while Redis is gone.',
  ),
];

const routeSections = [
  section(
    'routes',
    'By the name that callers use: one of its own, or that of a model or pipeline. A call that names a version is not routed. A target is a model or pipeline, `name` for its newest version or `name/version`; never another route. A route is exactly one of:',
    ...Object.entries(routeVariants.kinds).flatMap(([kind, fields]) => [`### ${kind}`, fieldsTable(fields)]),
    '### Both of them',
    fieldsTable(routeVariants.shared),
    'A split is exact in the long run: of 100 calls, 90 go to a weight of 90. With `sticky`, callers of whom nothing is known there go in turn. A limit or a rule that refuses is no reason for the fallback.',
    '### when',
    kindsTable(conditionVariants.kinds),
    fieldsTable(conditionVariants.shared),
    'Claims have to be among the `claims` of their issuer; numbers and booleans are compared as text (`is: "true"`).',
    fenced(policySnippets.sticky),
  ),
];

/** The text of docs/reference/policies.md. */
export function policiesPage(): string {
  return `${[
    '# policies.yaml',
    'Who may call a mesh, how much, and where names lead: one file beside `mesh.yaml`. Without it the gateway listens on loopback and lets everybody in. `sheaf check` finds every mistake, with its line; a file with a mistake is never put into force, and the one before stays. This page is generated (`npm run reference`).',
    fenced(policiesExample),
    'A `?` after a key says that it may be left out. A pattern is a name in which `*` is any run of characters.',
    fieldsTable(policyFields),
    ...identitySections,
    ...addressSections,
    ...limitSections,
    ...routeSections,
    ...accessLogSections,
    section(
      'Refusals',
      refusals,
      '`x-mesh-decision` says which policy it was: `identity`, `address`, `authorisation` or a limit, such as `limit:burst`; nothing of a name that is not there. The details are those of `google.rpc`: ErrorInfo with the reason, and RetryInfo, QuotaFailure, BadRequest or ResourceInfo.',
    ),
  ].join('\n\n')}\n`;
}
