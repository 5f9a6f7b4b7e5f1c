/** Documents with a mistake, and all that is told of each. */
import { identityMistakes } from './identity-mistakes.ts';
import type { Mistake } from './mistake.ts';

const limit = (more: object) => ({ limits: [{ name: 'l', ...more }] });
const route = (more: object) => ({ routes: { r: more } });
const born = (key: string, value: unknown): object => Object.fromEntries([[key, value]]);

const rateExpected = 'want a rate such as 100/s, 5/m or 1000/h';
const quotaExpected = 'want a quota such as 100000/day or 2000000/month';
const costReads = 'it may read inputBytes, elements, rows, ms';

const shape: readonly Mistake[] = [
  [
    'a list',
    [],
    [
      ': want a mapping of identity, addresses, routes, limits, limiter, accessLog, trustCallersSampling, trustCallersBaggage, got []',
    ],
  ],
  [
    'an unknown key',
    { limit: [] },
    [
      'limit: unknown key; the keys are identity, addresses, routes, limits, limiter, accessLog, trustCallersSampling, trustCallersBaggage; did you mean limits?',
    ],
  ],
  [
    '__proto__ as a key',
    born('__proto__', {}),
    [
      '__proto__: unknown key; the keys are identity, addresses, routes, limits, limiter, accessLog, trustCallersSampling, trustCallersBaggage',
    ],
  ],
  ['a key without a value', { limits: null }, ['limits: want a list of limits, got null']],
  ['limits by name', { limits: { l: {} } }, ['limits: want a list of limits, got {"l":{}}']],
  [
    'an unknown way without Redis',
    { limiter: { whenRedisIsGone: 'open' } },
    ['limiter.whenRedisIsGone: want share or closed, got "open"'],
  ],
  ['share that is a number', { limiter: { share: 1 } }, ['limiter.share: want true or false, got 1']],
];

const rangeExpected = 'want an address, or a network such as 10.0.0.0/8 or 2001:db8::/32';
const places: readonly Mistake[] = [
  [
    'an address that is a name',
    { addresses: { allow: ['localhost'] } },
    [`addresses.allow.0: ${rangeExpected}, got "localhost"`],
  ],
  [
    'a network that is too narrow',
    { addresses: { deny: ['10.0.0.0/33'] } },
    [`addresses.deny.0: ${rangeExpected}, got "10.0.0.0/33"`],
  ],
  [
    'a server that nobody may call',
    { addresses: { allow: [] } },
    ['addresses.allow: want at least one; left out, it is every address'],
  ],
  [
    'addresses of a key that is none',
    { addresses: { keys: { acme: ['10.0.0.0/8'] } } },
    ['addresses.keys.acme: want the id of an API key, as sheaf keys list has it, got "acme"'],
  ],
  [
    'addresses of an unknown role',
    { addresses: { roles: { root: ['10.0.0.0/8'] } } },
    ['addresses.roles.root: unknown key; the keys are infer, observe, publish, report, admin'],
  ],
  ['an access log of some calls', { accessLog: 'some' }, ['accessLog: want one of all, refused, off, got "some"']],
  [
    'an access log in a file without a place',
    { accessLog: { file: 'access.log' } },
    ['accessLog.file: want a file such as ./access.log or /var/log/sheaf/access.log, got "access.log"'],
  ],
  [
    'a quota of each address',
    limit({ quota: '1/day', per: ['address'] }),
    ['limits.0.per: limit "l": want a rate or concurrent per address, got a quota'],
  ],
];

const limits: readonly Mistake[] = [
  ['a limit of nothing', limit({}), ['limits.0: limit "l": want exactly one of rate, concurrent, quota, got none']],
  [
    'a limit of two kinds',
    limit({ rate: '1/s', quota: '1/day' }),
    ['limits.0: limit "l": want exactly one of rate, concurrent, quota, got rate and quota'],
  ],
  [
    'a limit without a name',
    { limits: [{ rate: '1/s' }] },
    [
      'limits.0.name: want a name of letters, digits, "_" and "-", starting with a letter or digit, at most 128, got nothing',
    ],
  ],
  [
    'a limit that is called __proto__',
    { limits: [{ name: '__proto__', rate: '1/s' }] },
    [
      'limits.0.name: want a name of letters, digits, "_" and "-", starting with a letter or digit, at most 128, got "__proto__"',
    ],
  ],
  [
    'two limits of a name',
    { limits: ['a', 'b', 'a'].map((name) => ({ name, rate: '1/s' })) },
    ['limits.2.name: another limit is called "a" already'],
  ],
  ['a rate of nonsense', limit({ rate: 'fast' }), [`limits.0.rate: limit "l": ${rateExpected}, got "fast"`]],
  [
    'a limit that is text',
    { limits: ['l'] },
    ['limits.0: want a mapping with one of rate, concurrent, quota, got "l"'],
  ],
  [
    'a limit with a name that is none, and another mistake',
    { limits: [{ name: 7, rate: '1/s', settle: 2 }] },
    [
      'limits.0.name: want a name of letters, digits, "_" and "-", starting with a letter or digit, at most 128, got 7',
      'limits.0.settle: want a number from 0 to 1, got 2',
    ],
  ],
  ['a rate without a unit', limit({ rate: 100 }), [`limits.0.rate: limit "l": ${rateExpected}, got 100`]],
  ['a negative rate', limit({ rate: '-5/s' }), [`limits.0.rate: limit "l": ${rateExpected}, got "-5/s"`]],
  ['a rate of NaN', limit({ rate: Number.NaN }), [`limits.0.rate: limit "l": ${rateExpected}, got NaN`]],
  ['a rate of none', limit({ rate: '0/s' }), ['limits.0.rate: limit "l": want a rate above 0, got "0/s"']],
  [
    'a burst of less than a call',
    limit({ rate: '1/s', burst: 0.5 }),
    ['limits.0.burst: limit "l": want a number from 1 to 1000000000, got 0.5'],
  ],
  [
    'a burst without end',
    limit({ rate: '1/s', burst: Number.POSITIVE_INFINITY }),
    ['limits.0.burst: limit "l": want a number from 1 to 1000000000, got Infinity'],
  ],
  [
    'a burst of a quota',
    limit({ quota: '1/day', burst: 2 }),
    ['limits.0.burst: limit "l": "burst" belongs to a limit of kind rate, this is a quota'],
  ],
  ['a quota a week', limit({ quota: '5/week' }), [`limits.0.quota: limit "l": ${quotaExpected}, got "5/week"`]],
  ['a quota of none', limit({ quota: '0/day' }), [`limits.0.quota: limit "l": ${quotaExpected}, got "0/day"`]],
  [
    'no call at the same time',
    limit({ concurrent: 0 }),
    ['limits.0.concurrent: limit "l": want an integer from 1 to 1000000, got 0'],
  ],
  [
    'half a call at the same time',
    limit({ concurrent: 1.5 }),
    ['limits.0.concurrent: limit "l": want an integer from 1 to 1000000, got 1.5'],
  ],
  [
    'a cost of calls at the same time',
    limit({ concurrent: 1, cost: 'rows' }),
    ['limits.0.cost: limit "l": "cost" belongs to a limit of kind rate or quota, this is a concurrent'],
  ],
  [
    'a cost over what is not there',
    limit({ rate: '1/s', cost: 'tokens * 2.0' }),
    [
      `limits.0.cost: limit "l": there is no tokens to be read; want one of inputBytes, elements, rows, ms; ${costReads}`,
    ],
  ],
  [
    'a cost that is no number',
    limit({ rate: '1/s', cost: 'rows > 1.0' }),
    [`limits.0.cost: limit "l": want an expression that gives a number, this one gives bool; ${costReads}`],
  ],
  [
    'a cost over what objects have by nature',
    limit({ rate: '1/s', cost: 'constructor' }),
    [
      `limits.0.cost: limit "l": there is no constructor to be read; want one of inputBytes, elements, rows, ms; ${costReads}`,
    ],
  ],
  [
    'more settled than there is',
    limit({ rate: '1/s', settle: 2 }),
    ['limits.0.settle: limit "l": want a number from 0 to 1, got 2'],
  ],
  [
    'settled by NaN',
    limit({ rate: '1/s', settle: Number.NaN }),
    ['limits.0.settle: limit "l": want a number from 0 to 1, got NaN'],
  ],
  [
    'a bucket of nothing known',
    limit({ rate: '1/s', per: ['user'] }),
    ['limits.0.per.0: limit "l": want one of tenant, key, model, address, got "user"'],
  ],
  [
    'a bucket twice of the same',
    limit({ rate: '1/s', per: ['key', 'key'] }),
    ['limits.0.per: limit "l": want each once, got "key" twice'],
  ],
  [
    'a limit about nobody',
    limit({ rate: '1/s', tenants: [] }),
    ['limits.0.tenants: limit "l": want at least one name; left out, it is about all'],
  ],
  [
    'a limit about a model of no name',
    limit({ rate: '1/s', models: ['a b'] }),
    ['limits.0.models.0: limit "l": want a name, * for any characters, got "a b"'],
  ],
];

const targetExpected = 'want a model or pipeline, such as read-page, read-page/2 or read-page/challenger';
const weightExpected = 'want a number from 0 to 1000000';

const routes: readonly Mistake[] = [
  ['a route to nowhere', route({}), ['routes.r: want exactly one of to, split, got none']],
  [
    'a route to two places',
    route({ to: 'a', split: { b: 1 } }),
    ['routes.r: want exactly one of to, split, got to and split'],
  ],
  ['a target that is no name', route({ to: '../a' }), [`routes.r.to: ${targetExpected}, got "../a"`]],
  ['a version that is none', route({ to: 'a/Latest' }), [`routes.r.to: ${targetExpected}, got "a/Latest"`]],
  ['a negative weight', route({ split: { a: -1 } }), [`routes.r.split.a: ${weightExpected}, got -1`]],
  ['a weight of NaN', route({ split: { a: Number.NaN } }), [`routes.r.split.a: ${weightExpected}, got NaN`]],
  [
    'a weight without end',
    route({ split: { a: Number.POSITIVE_INFINITY } }),
    [`routes.r.split.a: ${weightExpected}, got Infinity`],
  ],
  ['weights of none', route({ split: { a: 0, b: 0 } }), ['routes.r.split: want a weight above 0, got none']],
  ['a split of nothing', route({ split: {} }), ['routes.r.split: want 1 to 16 targets, got 0']],
  [
    'a split to __proto__',
    route({ split: born('__proto__', 1) }),
    [`routes.r.split.__proto__: ${targetExpected}, got "__proto__"`],
  ],
  [
    'a route that is called __proto__',
    { routes: born('__proto__', { to: 'a' }) },
    [
      'routes.__proto__: want a name of letters, digits, "_" and "-", starting with a letter or digit, at most 128, got "__proto__"',
    ],
  ],
  [
    'sticky by what is not known',
    route({ split: { a: 1 }, sticky: 'user' }),
    ['routes.r.sticky: want tenant or key, got "user"'],
  ],
  [
    'a sticky alias',
    route({ to: 'a', sticky: 'key' }),
    ['routes.r.sticky: "sticky" belongs to a route of kind split, this is a to'],
  ],
  [
    'a condition on nothing',
    route({ to: 'a', when: [{ is: 'x', to: 'b' }] }),
    ['routes.r.when.0: want exactly one of metadata, claim, got none'],
  ],
  [
    'a condition on a key in capitals',
    route({ to: 'a', when: [{ metadata: 'X-Channel', is: 'x', to: 'b' }] }),
    ['routes.r.when.0.metadata: want a metadata key in lower case, such as x-channel, got "X-Channel"'],
  ],
  [
    'a condition that nothing meets',
    route({ to: 'a', when: [{ claim: 'c', is: [], to: 'b' }] }),
    ['routes.r.when.0.is: want at least one text'],
  ],
  [
    'a condition that leads nowhere',
    route({ to: 'a', when: [{ claim: 'c', is: 'x' }] }),
    [`routes.r.when.0.to: ${targetExpected}, got nothing`],
  ],
];

export const policyMistakes: readonly Mistake[] = [...shape, ...places, ...limits, ...routes, ...identityMistakes];
