import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostPort, whyNot } from './listen.ts';

describe('a server that cannot listen', () => {
  it('asks whether its port is taken only where it is', () => {
    assert.equal(whyNot('EADDRINUSE', 'h'), '; is the port taken?');
    for (const code of ['EACCES', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL', 'EMFILE', 'ENETDOWN'])
      assert.doesNotMatch(whyNot(code, 'h'), /taken\?/, code);
  });

  it('says what is to be done about it', () => {
    assert.match(whyNot('EACCES', '127.0.0.1'), /^: this user may not take the port; want one from 1024 on/);
    assert.match(whyNot('EADDRNOTAVAIL', '10.9.9.9'), /^: this machine has no address 10\.9\.9\.9; want one/);
    assert.match(whyNot('EAFNOSUPPORT', '::1'), /^: this machine has no IPv6/);
    assert.match(whyNot('ENOTFOUND', 'h'), /^: the name h leads to no address/);
  });

  it('tells what it does not know as the system does, and no more', () => {
    assert.equal(whyNot('ENETDOWN', 'h'), ': the system says ENETDOWN');
    assert.equal(whyNot('', 'h'), '');
  });
});

describe('an address with its port', () => {
  it('has brackets where it is IPv6', () => {
    assert.deepEqual(
      ['::', '::1', 'fd00::1', '127.0.0.1', 'localhost'].map((host) => hostPort(host, 1)),
      ['[::]:1', '[::1]:1', '[fd00::1]:1', '127.0.0.1:1', 'localhost:1'],
    );
  });
});
