/** Calls that are malformed are reset, and never reach a handler. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flags } from './frame-types.ts';
import { encodeHeaders } from './hpack/encoder.ts';
import { createHeaderList } from './hpack/header-list.ts';
import { checkResponse } from './malformed.ts';
import { dataFrame, frame, headersFrame, openRawPeer, requestFields } from './testing/raw-peer.ts';
import type { Field } from './types.ts';

const method: Field = [':method', 'POST'];
const scheme: Field = [':scheme', 'http'];
const path: Field = [':path', '/a'];
const authority: Field = [':authority', 'there'];
const withField = (name: string, value: string): Field[] => [...requestFields, [name, value]];

const malformed: Readonly<Record<string, readonly Field[]>> = {
  'a name in upper case': withField('X-Key', '1'),
  'an empty name': withField('', '1'),
  'a name with a space': withField('x key', '1'),
  'a name with a colon within': withField('x:key', '1'),
  'a name with a control character': withField('x\x01key', '1'),
  'a name with NUL': withField('x\0', '1'),
  'a name above 0x7e': withField('x\xe4', '1'),
  'a name with DEL': withField('x\x7f', '1'),
  'a value with CR': withField('x', 'a\rb'),
  'a value with LF': withField('x', 'a\nb'),
  'a value with CR LF and what looks like a field': withField('x', 'a\r\nadmin: 1'),
  'a value with NUL': withField('x', 'a\0b'),
  'a value with a control character': withField('x', 'a\x1fb'),
  'a value with DEL': withField('x', 'a\x7fb'),
  'a value with a space before it': withField('x', ' a'),
  'a value with a space after it': withField('x', 'a '),
  'a value with a tab before it': withField('x', '\ta'),
  'a path with a control character': [method, scheme, authority, [':path', '/a\x01']],
  connection: withField('connection', 'close'),
  'proxy-connection': withField('proxy-connection', 'close'),
  'keep-alive': withField('keep-alive', '1'),
  'transfer-encoding': withField('transfer-encoding', 'chunked'),
  upgrade: withField('upgrade', 'h2c'),
  'te other than trailers': [method, scheme, authority, path, ['te', 'gzip']],
  'te with more than trailers': [method, scheme, authority, path, ['te', 'trailers, gzip']],
  'no :method': [scheme, authority, path],
  'no :scheme': [method, authority, path],
  'no :path': [method, scheme, authority],
  'a :path that does not begin with a slash': [method, scheme, authority, [':path', 'a']],
  'no :authority and no host': [method, scheme, path],
  'an empty :authority': [method, scheme, path, [':authority', '']],
  'an empty :path': [method, scheme, authority, [':path', '']],
  'a :method that is no token': [[':method', 'PO ST'], scheme, authority, path],
  ':method twice': [method, method, scheme, authority, path],
  ':path twice': [method, scheme, authority, path, path],
  ':authority twice': [method, scheme, authority, authority, path],
  'a pseudo-header field after an ordinary one': [method, scheme, authority, ['x', '1'], path],
  'a pseudo-header field that nobody knows': [method, scheme, authority, path, [':host', 'a']],
  ':status in a request': [method, scheme, authority, path, [':status', '200']],
  'CONNECT with a :path': [[':method', 'CONNECT'], path, [':authority', 'a']],
  'CONNECT without :authority': [[':method', 'CONNECT']],
  'a content-length that is no number': withField('content-length', '1x'),
  'a negative content-length': withField('content-length', '-1'),
  'two content-lengths that differ': [...withField('content-length', '1'), ['content-length', '2']],
};

const sound: Readonly<Record<string, readonly Field[]>> = {
  'host in the place of :authority': [method, scheme, path, ['host', 'a']],
  'te: Trailers': [method, scheme, authority, path, ['te', 'Trailers']],
  'a tab and a space within a value': withField('x', 'a\t b'),
  'an empty value': withField('x', ''),
  'bytes above 0x7f in a value': withField('x', '\xc3\xa4'),
  'names of all that a token may have': withField("!#$%&'*+-.^_`|~09az", '1'),
  'the same content-length twice': [...withField('content-length', '0'), ['content-length', '0']],
  CONNECT: [
    [':method', 'CONNECT'],
    [':authority', 'a'],
  ],
};

describe('a malformed call is reset, and nobody is told of it', () => {
  for (const [what, fields] of Object.entries(malformed))
    it(what, async () => {
      const peer = openRawPeer();
      // Twice: what is known of the same bytes must not let them pass.
      peer.send(headersFrame(1, { fields, isLast: true }), headersFrame(3, { fields, isLast: true }), headersFrame(5));
      await peer.settle();
      assert.deepEqual(peer.errors(), ['RST_STREAM 1 PROTOCOL_ERROR', 'RST_STREAM 3 PROTOCOL_ERROR']);
      assert.deepEqual(
        peer.streams.map(({ stream }) => stream.id),
        [5],
      );
    });
});

describe('a call is sound with', () => {
  for (const [what, fields] of Object.entries(sound))
    it(what, async () => {
      const peer = openRawPeer();
      peer.send(headersFrame(1, { fields, isLast: true }));
      await peer.settle();
      assert.deepEqual(peer.errors(), []);
      assert.deepEqual(peer.streams[0]?.stream.headers.fields, fields);
    });
});

describe('a message that is not as long as it was said', () => {
  const fields = withField('content-length', '3');
  const cases: Readonly<Record<string, readonly Buffer[]>> = {
    'more comes': [headersFrame(1, { fields }), dataFrame(1, [1, 2, 3, 4])],
    'more comes later': [headersFrame(1, { fields }), dataFrame(1, [1, 2, 3]), dataFrame(1, [4])],
    'less comes': [headersFrame(1, { fields }), dataFrame(1, [1, 2], true)],
    'less comes before trailers': [
      headersFrame(1, { fields }),
      dataFrame(1, [1]),
      headersFrame(1, { fields: [['x', '1']], isLast: true }),
    ],
    'nothing comes': [headersFrame(1, { fields, isLast: true })],
  };
  for (const [what, frames] of Object.entries(cases))
    it(`is reset: ${what}`, async () => {
      const peer = openRawPeer();
      peer.send(...frames);
      await peer.settle();
      assert.deepEqual(peer.errors(), ['RST_STREAM 1 PROTOCOL_ERROR']);
      assert.equal(peer.streams[0]?.ends, 0);
      assert.equal(peer.streams[0]?.end?.kind, 'own');
    });

  it('is taken when it is, padding aside', async () => {
    const peer = openRawPeer();
    peer.send(headersFrame(1, { fields }), frame('DATA', flags.PADDED | flags.END_STREAM, 1, [2, 1, 2, 3, 0, 0]));
    await peer.settle();
    assert.deepEqual([peer.errors(), peer.streams[0]?.ends], [[], 1]);
  });
});

describe('trailers of a request', () => {
  const cases: Readonly<Record<string, Parameters<typeof headersFrame>[1]>> = {
    'that end nothing': { fields: [['x', '1']] },
    'with a pseudo-header field': { fields: [[':path', '/']], isLast: true },
    'with a name in upper case': { fields: [['X', '1']], isLast: true },
    'with LF in a value': { fields: [['x', 'a\nb']], isLast: true },
  };
  for (const [what, trailers] of Object.entries(cases))
    it(`reset their stream ${what}`, async () => {
      const peer = openRawPeer();
      peer.send(headersFrame(1), headersFrame(1, trailers));
      await peer.settle();
      assert.deepEqual([peer.errors(), peer.streams[0]?.ends], [['RST_STREAM 1 PROTOCOL_ERROR'], 0]);
    });
});

describe('the headers of a response', () => {
  const check = (...fields: Field[]): string | undefined => checkResponse(createHeaderList(fields, 0)).fault;

  it('have a :status of three digits, and no other pseudo-header field', () => {
    assert.equal(check([':status', '200'], ['x', '1']), undefined);
    assert.ok(check(['x', '1']));
    assert.ok(check([':status', '20']));
    assert.ok(check([':status', '200'], [':path', '/']));
    assert.ok(check([':status', '200'], ['connection', 'close']));
  });

  it('are encoded as they are meant to be', () => {
    assert.deepEqual([...encodeHeaders([[':status', '200']]).bytes], [0x88]);
  });
});
