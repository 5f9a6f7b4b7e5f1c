import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostIn, isProxied } from './proxy.ts';

const http_proxy = 'http://proxy:3128';

describe('a call to a foreign server', () => {
  it('goes through a proxy where one of the variables names one', () => {
    for (const name of ['grpc_proxy', 'https_proxy', 'http_proxy'])
      assert.equal(isProxied('triton:8001', { [name]: http_proxy }), true, name);
    assert.equal(isProxied('triton:8001', { http_proxy: '', HTTP_PROXY: http_proxy }), false);
    assert.equal(isProxied('triton:8001', { http_proxy, no_proxy: '' }), true);
  });

  it('does not where no_proxy names its host, and no_grpc_proxy comes first', () => {
    const direct: [string, string][] = [
      ['dns:///triton.corp.example:8001', 'triton.corp.example'],
      ['triton.corp.example:8001', 'localhost, .corp.example'],
      ['TRITON.corp.example:8001', '*.corp.example'],
      ['triton.corp.example:8001', 'Corp.Example'],
      ['10.1.2.3:8001', '10.0.0.0/8'],
      ['10.1.2.3:8001', '10.1.2.3'],
      ['[fd00::1]:8001', 'fd00::/8'],
      ['[::1]:8001', '[::1]'],
      ['anything:8001', '*'],
    ];
    for (const [target, no_proxy] of direct)
      assert.equal(isProxied(target, { http_proxy, no_proxy }), false, `${target} ${no_proxy}`);
    const proxied: [string, string][] = [
      ['notcorp.example:8001', 'corp.example'],
      ['11.1.2.3:8001', '10.0.0.0/8,10.0.0.0/99,10/8'],
      ['110.1.2.3:8001', '10.1.2.3'],
      ['triton:8001', ','],
    ];
    for (const [target, no_proxy] of proxied)
      assert.equal(isProxied(target, { http_proxy, no_proxy }), true, `${target} ${no_proxy}`);
    assert.equal(isProxied('a:1', { http_proxy, no_grpc_proxy: 'b', no_proxy: 'a' }), true);
  });

  it('is to the host of its target, of any scheme', () => {
    const hosts = ['a:1', 'dns:a:1', 'dns:/a:1', 'dns:///a:1', 'dns://8.8.8.8/a:1', 'a'].map(hostIn);
    assert.deepEqual(new Set(hosts), new Set(['a']));
    assert.deepEqual(['127.0.0.1:8001', '[::1]:8001', 'ipv6:[::1]:8001', '/[::1]:1'].map(hostIn), [
      '127.0.0.1',
      '::1',
      '::1',
      '::1',
    ]);
  });
});
