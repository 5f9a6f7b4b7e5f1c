import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { boundedBaggage, formatTraceparent, parseTraceparent } from './trace-context.ts';

const traceId = '12345678901234567890123456789012';
const spanId = '1234567890123456';
const parent = { traceId, spanId, sampled: true };
const traceparent = `00-${traceId}-${spanId}-01`;
const read = (tracestate: string): string | undefined => parseTraceparent(traceparent, tracestate)?.state;

// The cases of the W3C's own test suite (w3c/trace-context, test/test.py), by what it wants of them.
describe('a traceparent', () => {
  it('is read as it is written', () => assert.equal(formatTraceparent(parent), traceparent));

  const good: readonly [string, string][] = [
    ['of version 00', traceparent],
    ['of a later version', `cc-${traceId}-${spanId}-01`],
    ['of a later version with fields that are not known', `cc-${traceId}-${spanId}-01-what-the-future-will-be-like`],
    ['of a later version with an empty field', `cc-${traceId}-${spanId}-01-`],
    ['with flags that are not known', `00-${traceId}-${spanId}-ff`],
  ];
  for (const [what, value] of good) it(`is read ${what}`, () => assert.deepEqual(parseTraceparent(value), parent));

  it('is not sampled without that flag', () => {
    assert.equal(parseTraceparent(`00-${traceId}-${spanId}-00`)?.sampled, false);
    assert.equal(parseTraceparent(`00-${traceId}-${spanId}-fe`)?.sampled, false);
  });

  const wrong = [
    undefined,
    '',
    'x',
    '00-0-0-01',
    `${traceparent}-what-the-future-will-not-be-like`,
    `${traceparent}-`,
    `${traceparent}.`,
    `cc-${traceId}-${spanId}-01.what-the-future-will-not-be-like`,
    `ff-${traceId}-${spanId}-01`,
    `.0-${traceId}-${spanId}-01`,
    `0.-${traceId}-${spanId}-01`,
    `000-${traceId}-${spanId}-01`,
    `0-${traceId}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-.${traceId.slice(1)}-${spanId}-01`,
    `00-${traceId.slice(2)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId}-.${spanId.slice(1)}-01`,
    `00-${traceId}-${spanId.slice(2)}-01`,
    `00-${traceId}-${spanId}-.0`,
    `00-${traceId}-${spanId}-0.`,
    `00-${traceId}-${spanId}-001`,
    `00-${traceId}-${spanId}-1`,
    `00-${'ABCDEF'.padEnd(32, '1')}-${spanId}-01`,
    // Two of them, as they come from one list of headers.
    `${traceparent}, ${traceparent}`,
  ];
  for (const value of wrong)
    it(`is as good as none when it is ${JSON.stringify(value)}`, () => {
      assert.equal(parseTraceparent(value, 'foo=1'), undefined);
    });
});

describe('a tracestate', () => {
  const good: readonly [string, string, string][] = [
    ['of one member', 'foo=1', 'foo=1'],
    ['of two', 'foo=1,bar=2', 'foo=1,bar=2'],
    ['of two headers, which come as one', 'foo=1, bar=2', 'foo=1,bar=2'],
    ['with tabs and spaces around', 'foo=1 \t , \t bar=2', 'foo=1,bar=2'],
    ['with members that are empty', 'foo=1,,,bar=2,', 'foo=1,bar=2'],
    ['with a key that has all that it may', 'a-b_c*d/e@f=1', 'a-b_c*d/e@f=1'],
    ['with the longest key', `${'z'.repeat(256)}=1`, `${'z'.repeat(256)}=1`],
    ['with a tenant', `${'t'.repeat(241)}@${'v'.repeat(14)}=1`, `${'t'.repeat(241)}@${'v'.repeat(14)}=1`],
    [
      'with a value that has all that it may',
      'foo=!"#$%&()*+-./0:;<>?@[\\]^_`{|}~ x',
      'foo=!"#$%&()*+-./0:;<>?@[\\]^_`{|}~ x',
    ],
  ];
  for (const [what, value, handedOn] of good) it(`is handed on ${what}`, () => assert.equal(read(value), handedOn));

  const members = (count: number, value: string): string =>
    Array.from({ length: count }, (_, at) => `k${at}=${value}`).join(',');

  it('has 32 members, or is as good as none', () => {
    assert.equal(read(members(32, '1')), members(32, '1'));
    assert.equal(read(members(33, '1')), undefined);
    assert.equal(read(members(100_000, '1')), undefined);
  });

  it('has 512 characters: of a longer one large members are left out first, then those at the end', () => {
    const exact = `a=${'1'.repeat(126)},b=${'1'.repeat(125)},c=${'1'.repeat(125)},d=${'1'.repeat(125)}`;
    assert.equal(exact.length, 512 - 0);
    assert.equal(read(exact), exact);
    assert.equal(read(`${exact},e=1`), exact);
    assert.equal(read(`big=${'x'.repeat(129)},${exact}`), exact);
    assert.equal(read(`big=${'x'.repeat(129)},b=1`), `big=${'x'.repeat(129)},b=1`);
  });

  const wrong = [
    'foo',
    'foo =1',
    'FOO=1',
    'foo=',
    'foo=bar=baz',
    '@foo=1',
    'foo=1,foo=2',
    `${'z'.repeat(257)}=1`,
    'foo=\u00fc',
  ];
  for (const value of [...wrong, ',', `foo=${'x'.repeat(257)}`])
    it(`is as good as none when it is ${JSON.stringify(value.slice(0, 40))}`, () =>
      assert.equal(read(value), undefined));
});

describe('a baggage', () => {
  const all = (value: string): string | undefined => boundedBaggage(value);

  it('is handed on as it is written', () => {
    // From the examples of the W3C.
    for (const value of [
      'key1=value1,key2=value2',
      'key1=value1;property1;property2,key2=value2,key3=value3;propertyKey=propertyValue',
      'userId=Am%C3%A9lie,serverNode=DF%2028,isProduction=false',
      'k=',
      'k=a=b',
    ])
      assert.equal(all(value), value);
    assert.equal(all(' key1 = value1 ; p = 1 , key2=2 '), 'key1 = value1 ; p = 1,key2=2');
  });

  it('is handed on by the keys that are wanted', () => {
    const value = 'tier=gold;x=1,user=alice,Tier=no';
    assert.equal(
      boundedBaggage(value, (key) => key === 'tier'),
      'tier=gold;x=1',
    );
    assert.equal(
      boundedBaggage(value, () => false),
      undefined,
    );
  });

  it('is handed on without members that are none', () => {
    assert.equal(all('a=1,b,=2,c d=3,e="4",f=\\,g=\u00fc,h=5'), 'a=1,h=5');
    for (const value of ['', ',', 'x', '=']) assert.equal(all(value), undefined);
  });

  it('has 64 members and 8,192 bytes, the first', () => {
    const members = Array.from({ length: 100 }, (_, at) => `k${at}=1`);
    assert.equal(all(members.join(',')), members.slice(0, 64).join(','));
    const large = [`a=${'x'.repeat(4_000)}`, `b=${'x'.repeat(4_187)}`];
    assert.equal(large.join(',').length, 8_192);
    assert.equal(all(large.join(',')), large.join(','));
    assert.equal(all([...large, 'c=1'].join(',')), large.join(','));
    assert.equal(all(`a=${'x'.repeat(9_000)},b=1`), 'b=1');
  });
});
