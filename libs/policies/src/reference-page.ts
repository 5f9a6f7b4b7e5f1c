/** The reference page of policies.yaml, made from the definitions that the parser reads by. */
import { fenced, fieldsTable, section } from '@sheaf/document';
import { everyPolicy } from './policies/index.ts';
import { policyFields } from './policies.ts';

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
export const policySnippets: Readonly<Record<string, string>> = Object.assign(
  {},
  ...everyPolicy.map(({ examples }) => examples),
);

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

/** The text of docs/reference/policies.md. */
export function policiesPage(): string {
  return `${[
    '# policies.yaml',
    'Who may call a mesh, how much, and where names lead: one file beside `mesh.yaml`. Without it the gateway listens on loopback and lets everybody in. `sheaf check` finds every mistake, with its line; a file with a mistake is never put into force, and the one before stays. This page is generated (`npm run reference`).',
    fenced(policiesExample),
    'A `?` after a key says that it may be left out. A pattern is a name in which `*` is any run of characters.',
    fieldsTable(policyFields),
    ...everyPolicy.flatMap(({ reference }) => reference),
    section(
      'Refusals',
      refusals,
      '`x-mesh-decision` says which policy it was: `identity`, `address`, `authorisation` or a limit, such as `limit:burst`; nothing of a name that is not there. The details are those of `google.rpc`: ErrorInfo with the reason, and RetryInfo, QuotaFailure, BadRequest or ResourceInfo.',
    ),
  ].join('\n\n')}\n`;
}
