import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bindingProblem } from './binding-problem.ts';

const failed = (code: string, message: string): Error => Object.assign(new Error(message), { code });

describe('a native binding that does not load', () => {
  it('says what to use instead where there is no glibc', () => {
    const musl = failed('ERR_DLOPEN_FAILED', 'Error loading shared library ld-linux-x86-64.so.2: No such file');
    assert.match(bindingProblem(musl, false) ?? '', /without glibc\).*; use an image with glibc, such as Debian's/);
    assert.match(bindingProblem(musl, true) ?? '', /; install again \(npm ci\) on the machine that runs it$/);
  });

  it('says which glibc it wants where that is older', () => {
    const old = failed('ERR_DLOPEN_FAILED', "/lib/libm.so.6: version `GLIBC_2.38' not found (required by /x/y.so)");
    assert.match(bindingProblem(old, true) ?? '', /: it wants GLIBC_2\.38, which is newer than what is here; /);
  });

  it('says that there is none for this machine', () => {
    const none = failed('MODULE_NOT_FOUND', "Cannot find module '../bin/napi-v6/sunos/x64/onnxruntime_binding.node'");
    assert.match(bindingProblem(none) ?? '', /^ONNX Runtime has no build for this machine \(/);
  });

  it('tells no path, and nothing of other errors', () => {
    const there = failed('ERR_DLOPEN_FAILED', '/home/somebody/x.node: invalid ELF header');
    assert.doesNotMatch(bindingProblem(there) ?? '', /somebody/);
    for (const other of [new Error('no'), failed('MODULE_NOT_FOUND', "Cannot find module 'sharp'"), undefined, 'text'])
      assert.equal(bindingProblem(other), undefined);
  });
});
