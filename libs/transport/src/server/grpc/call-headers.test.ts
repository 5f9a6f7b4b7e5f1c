import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readableOf } from '../../headers.ts';
import { headerList } from '../../testing/fake-call.ts';
import { readCallHeaders } from './call-headers.ts';

const refusalOf = (headers: Record<string, string>): string | undefined =>
  readCallHeaders(headerList(headers)).malformed?.message;
const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

describe('the metadata of a call', () => {
  it('may hold what ingresses add: UTF-8, bytes that are none, tabs', () => {
    for (const value of [utf8('Zürich'), utf8('東京'), '\xfc\xff', 'a\tb', ''])
      for (const given of [value, `${value}, b`]) assert.equal(refusalOf({ 'x-city': given }), undefined);
  });

  it('may hold no control character, in any value and any name', () => {
    for (let code = 0; code < 0x20; code++) {
      if (code === 9) continue;
      const bad = String.fromCharCode(code);
      for (const value of [bad, `a${bad}`, `${utf8('Zürich')}${bad}b: c`])
        assert.match(refusalOf({ 'x-city': value }) ?? '', /^metadata "x-city": want .* without control/, `${code}`);
      assert.match(refusalOf({ [`x${bad}y`]: 'a' }) ?? '', /^metadata: want a name of/, `${code}`);
    }
    assert.ok(refusalOf({ 'x-city': 'a\x7f' }));
    for (const name of ['X-Upper', 'x city', `x-${utf8('ü')}`]) assert.ok(refusalOf({ [name]: 'a' }), name);
    assert.ok(refusalOf({ 'x-bin': utf8('ü') }));
  });

  it('is read as UTF-8, without what could not be seen', () => {
    assert.equal(readableOf('plain'), 'plain');
    assert.equal(readableOf(utf8('Zürich')), 'Zürich');
    assert.equal(readableOf('Z\xfcrich'), 'Z\ufffdrich');
    assert.equal(readableOf(utf8('a\u009b2Jb\u2028c\u2029d')), 'a\ufffd2Jb\ufffdc\ufffdd');
    assert.equal(readableOf('a\tb'), 'a\ufffdb');
  });
});

describe('the content type of a call', () => {
  const statusOf = (type: string) =>
    readCallHeaders(headerList({ ':method': 'POST', 'content-type': type })).httpStatus;

  it('is that of gRPC with protobuf', () => {
    for (const type of ['', '+proto', '+PROTO', ';charset=utf-8', '+proto ; a=b'])
      assert.equal(statusOf(`application/grpc${type}`), undefined, type);
  });

  it('is not that of another codec or another protocol', () => {
    for (const type of ['application/grpc+json', 'application/grpc+protobuf', 'application/grpc-web', 'text/plain', ''])
      assert.equal(statusOf(type), 415, type);
  });
});
