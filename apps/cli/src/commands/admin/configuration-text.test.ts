import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePolicies } from '@sheaf/policies';
import { type Configuration, configurationText } from './configuration-text.ts';

/** As a gateway tells it. */
function shown(document: object): string {
  const { spec, problems } = parsePolicies(document);
  assert.ok(spec, JSON.stringify(problems));
  const limits = spec.limits.map((limit) => ({ ...limit, cost: limit.cost?.text ?? null }));
  const configuration = {
    epoch: 1,
    gateway: { host: '127.0.0.1', port: 1, tls: null },
    limits: {},
    services: [],
    pipelines: [],
    out: [],
    policies: { hash: 'sha256:0', ...spec, limits },
  };
  return configurationText(JSON.parse(JSON.stringify(configuration)) as Configuration);
}

describe('what is in force, as text', () => {
  it('has the content of each version of a model, who made it and what it says of itself', () => {
    const text = configurationText({
      epoch: 1,
      gateway: { host: '127.0.0.1', port: 1, tls: null },
      limits: {},
      services: [],
      models: [
        {
          name: 'iris',
          contents: [
            {
              version: '2',
              digest: 'sha256:ab',
              properties: { sheaf_digest: 'sha256:ab', sheaf_producer: 'pytorch 2.9.0', labels: 'a,b\u001b[2J' },
            },
          ],
        },
      ],
      pipelines: [],
      out: [],
      policies: null,
    });
    assert.match(text, /^iris +2 +sha256:ab +pytorch 2\.9\.0 +labels=a,b\?\[2J$/m);
  });

  it('has limits as they are written', () => {
    const rates = ['5/s', '1/m', '7/h', '0.001/h', '90.1/m'];
    const text = shown({
      limits: [
        { name: 'few', rate: '5/s', burst: 20, cost: 'rows * 2.0', tenants: ['a*', 'b'] },
        { name: 'busy', concurrent: 3, per: [], models: ['m'] },
        { name: 'daily', quota: '100/day', per: ['tenant', 'model'] },
        ...rates.map((rate, index) => ({ name: `r${index}`, rate })),
      ],
    });
    assert.match(text, /^few +5\/s burst 20 per tenant +rows \* 2\.0 +a\*, b +\*$/m);
    assert.match(text, /^busy +concurrent 3 for all together +\* +m$/m);
    assert.match(text, /^daily +100\/day per tenant, model +\* +\*$/m);
    for (const [index, rate] of rates.entries())
      assert.match(text, new RegExp(`^r${index} +${rate.replace('.', '\\.')} burst `, 'm'));
  });

  it('tells who comes in', () => {
    const issuer = { issuer: 'https://i', audience: 'a', jwks: 'https://i/keys', algorithms: ['ES256'] };
    const text = shown({
      identity: {
        jwt: [{ ...issuer, tenant: { claim: 'org' } }],
        certificates: [{ subject: 'reader', tenant: 'acme', roles: ['observe'], models: ['m*'] }],
        anonymous: { tenant: 'public', priority: 'sheddable' },
        open: ['health'],
      },
    });
    assert.match(text, /^API key +its own/m);
    assert.match(text, /^token of https:\/\/i for a +claim org +infer +\* +standard$/m);
    assert.match(text, /^certificate reader +acme +observe +m\* +standard$/m);
    assert.match(text, /^none +public +infer +\* +sheddable$/m);
    assert.match(text, /^open to everybody: health$/m);
    assert.match(shown({ identity: { keys: false } }), /^no credential counts\n\nopen to everybody: nothing$/m);
  });

  it('has what is out, whether something stands in for it, and why', () => {
    const text = configurationText({
      epoch: 1,
      gateway: { host: '127.0.0.1', port: 1, tls: null },
      limits: {},
      services: [],
      pipelines: [],
      policies: null,
      out: [
        { kind: 'model', name: 'half', version: '2', why: 'the file is damaged', keeps: false },
        { kind: 'pipeline', name: 'p', version: null, why: 'it asks model "half", which is out', keeps: true },
      ],
    });
    assert.match(text, /^model +half\/2 +.*the file is damaged$/m);
    assert.match(text, /^pipeline +p +as before +it asks model "half", which is out$/m);
  });
});
