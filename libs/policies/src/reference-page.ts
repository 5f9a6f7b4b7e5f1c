/** The reference page of policies.yaml, made from the definitions that the parser reads by. */
import { fieldsTable, kindsTable } from '@sheaf/document';
import { methodRoles } from './admission.ts';
import { certificateFields, grantFields, identityFields, issuerFields, keysFields } from './identity-language.ts';
import { limiterFields, limitVariants } from './limits-language.ts';
import { policyFields } from './policies.ts';
import { conditionVariants, routeVariants } from './routes-language.ts';

const fenced = (code: string): string => `\`\`\`yaml\n${code.trim()}\n\`\`\``;

/** A whole file: parsed by the test of this page. */
export const policiesExample = `
# yaml-language-server: $schema=policies.schema.json
identity:
  jwt:
    - issuer: https://id.example.com
      audience: sheaf
      jwks: https://id.example.com/.well-known/jwks.json
      algorithms: [ES256]
      tenant: { claim: org }
      roles: { claim: scope }
      claims: [plan]
  certificates:
    - { subject: "URI:spiffe://mesh/monitor", tenant: operations, roles: [observe] }
  open: [health]
limits:
  - { name: burst, rate: 100/s, burst: 200 }
  - { name: at-once, concurrent: 16, per: [key] }
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
export const policySnippets = {
  keys: `
identity:
  keys: { daysMax: 90 }`,
  anonymous: `
identity:
  keys: false
  anonymous: { tenant: everyone, models: [read-*], priority: sheddable }`,
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
} as const;

const section = (title: string, ...parts: readonly string[]): string => [`## ${title}`, ...parts].join('\n\n');

const refusals = [
  '| what | code | reason | pushback |',
  '|---|---|---|---|',
  '| no credential, one that is none, one that has expired | UNAUTHENTICATED | `CREDENTIALS_MISSING`, `TOKEN_INVALID`, `TOKEN_EXPIRED` | do not retry |',
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
    '### keys',
    fieldsTable(keysFields),
    fenced(policySnippets.keys),
    '### What a credential gives',
    'The same keys for `anonymous` and for each of `certificates`; for an API key they are said when it is made.',
    fieldsTable(grantFields),
    'Roles: `infer` asks models, `observe` reads how things are, `admin` changes them (and may do what `observe` may). Nobody has both `infer` and `admin`; nobody anonymous is an `admin`. A caller may ask for a lower priority (`x-priority`, or the parameter `priority`), never for a higher one.',
    fenced(policySnippets.anonymous),
    '### jwt',
    fieldsTable(issuerFields),
    'Where a claim says the roles or models, it is a list or a text with spaces; a token without it has none. Every token has an `exp` and a `sub`; clocks may differ by 60 s.',
    '### certificates',
    fieldsTable({ subject: certificateFields.subject }),
    'The door needs a `clientCa` for these (`gateway.tls` in mesh.yaml); with `certificates: required` beside it nobody gets in without one, whatever else they show.',
    '### Methods',
    methods,
  ),
];

const limitSections = [
  section(
    'limits',
    'A call takes of every limit that is about it, all in one step, or it is refused and takes of none. A limit is exactly one of:',
    ...Object.entries(limitVariants.kinds).flatMap(([kind, fields]) => [`### ${kind}`, fieldsTable(fields)]),
    '### All of them',
    fieldsTable(limitVariants.shared),
    '`tenant` is whom the credential belongs to, `key` the credential itself, `model` the model or pipeline that a route has led to. Calls that a pipeline or transform makes inside are paid for already.',
    '### Cost',
    'A [CEL](https://cel.dev) expression that is worked out for each model call that the plan will make, and summed: an ensemble of eight counts eight. All four variables are doubles; `rows` is the most that any input has, and of rows, elements and bytes there is at least 1. What is refused before anything runs costs nothing. After the call it is worked out again with the time that each call took, and the difference is charged or given back, within `settle`. What comes to less than 0 or to no number counts as one; a call to something that could not be reached costs nothing.',
    fenced(policySnippets.cost),
    '### limiter',
    'A part of the file of its own. One gateway counts in its memory. Several count together where the environment has `REDIS_URL`, or `REDIS_URL_FILE` with the absolute path of a file that holds it; without either `sheaf check` wants `share: true`. Quotas are kept in the state of the mesh in any case.',
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

/** REFERENCE.md. */
export function policiesPage(): string {
  return `${[
    '# policies.yaml',
    'Who may call a mesh, how much, and where names lead: one file beside `mesh.yaml`. A folder without it has a door on loopback that lets everybody in. `sheaf check` finds every mistake, with its line; a file with a mistake is never put into force, and the one before stays. This page is generated (`npm run reference`).',
    fenced(policiesExample),
    'A `?` after a key says that it may be left out. A pattern is a name in which `*` is any run of characters.',
    fieldsTable(policyFields),
    ...identitySections,
    ...limitSections,
    ...routeSections,
    section(
      'Refusals',
      refusals,
      '`x-mesh-decision` says which policy it was: `identity`, `authorisation` or a limit, such as `limit:burst`; nothing of a name that is not there. The details are those of `google.rpc`: ErrorInfo with the reason, and RetryInfo, QuotaFailure, BadRequest or ResourceInfo.',
    ),
  ].join('\n\n')}\n`;
}
