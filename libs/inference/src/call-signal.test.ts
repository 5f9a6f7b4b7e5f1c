import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CallCanceller, type CallSignal } from './call-signal.ts';

/** What listeners hear that do the same on either. */
function heardOn(signal: CallSignal, abort: (reason?: unknown) => void): unknown[] {
  const heard: unknown[] = [];
  const listen = (name: string, then = (): void => {}): (() => void) => {
    const listener = (): void => {
      heard.push(name, signal.aborted, signal.reason);
      then();
    };
    signal.addEventListener('abort', listener, { once: true });
    return listener;
  };
  const gone = listen('removed before');
  let later = (): void => {};
  listen('first', () => signal.removeEventListener('abort', later));
  later = listen('removed by another');
  listen('last');
  signal.removeEventListener('abort', gone);
  signal.removeEventListener('abort', gone);
  heard.push(signal.aborted, signal.reason);
  abort('why');
  abort('again');
  listen('too late');
  return heard;
}

describe('the signal of a call', () => {
  it('tells what an AbortSignal tells', () => {
    const [own, nodes] = [new CallCanceller(), new AbortController()];
    const heard = heardOn(own, (reason) => own.abort(reason));
    assert.deepEqual(
      heard,
      heardOn(nodes.signal, (reason) => nodes.abort(reason)),
    );
    assert.deepEqual(heard, [false, undefined, 'first', true, 'why', 'last', true, 'why']);
  });
});
