import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EndedCall } from '@sheaf/transport';
import { createAccessLog, kindsMax, type LoggedCalls, leftOutLinesMax, linesMax, linesPerKind } from './access-log.ts';

const principal = { id: 'key:k1', tenant: 'acme', roles: [], models: [], priority: 'standard', claims: {} } as const;
const call = (changes: Partial<EndedCall> = {}): EndedCall => ({
  method: '/inference.GRPCInferenceService/ModelInfer',
  address: '192.0.2.1',
  principal,
  model: 'digits',
  version: '',
  code: 'OK',
  reason: '',
  decision: '',
  sampled: false,
  bytesIn: 100,
  bytesOut: 40,
  ms: 1.23456,
  traceId: 'a'.repeat(32),
  ...changes,
});
const refused = (address: string): EndedCall =>
  call({ code: 'UNAUTHENTICATED', reason: 'TOKEN_INVALID', principal: undefined, model: '', address });

function logging(calls: LoggedCalls) {
  const lines: Record<string, unknown>[] = [];
  const log = createAccessLog(
    () => calls,
    (line) => lines.push(JSON.parse(line)),
  );
  return { log, lines };
}

describe('the access log', () => {
  it('has a line for a call, with what is known of it and nothing else', () => {
    const { log, lines } = logging('all');
    log.add(call());
    const [{ time, ...line } = {}] = lines;
    assert.match(String(time), /^\d{4}-\d\d-\d\dT/);
    assert.deepEqual(line, {
      event: 'call',
      address: '192.0.2.1',
      principal: 'key:k1',
      tenant: 'acme',
      method: '/inference.GRPCInferenceService/ModelInfer',
      model: 'digits',
      code: 'OK',
      bytesIn: 100,
      bytesOut: 40,
      ms: 1.235,
      trace: 'a'.repeat(32),
    });
  });

  it('is of all calls, of refused ones, or of none', () => {
    const codes = ['OK', 'CANCELLED', 'UNAUTHENTICATED', 'INTERNAL', 'HTTP 405'];
    const wanted = (calls: LoggedCalls) => codes.filter((code) => logging(calls).log.wants(code));
    assert.deepEqual(wanted('all'), codes);
    assert.deepEqual(wanted('refused'), codes.slice(2));
    assert.deepEqual(wanted('off'), []);
  });

  it('tells of a flood by some lines and a count, for each reason and caller', () => {
    const { log, lines } = logging('refused');
    for (let at = 0; at < 1_000; at++) log.add(refused(at % 2 ? '192.0.2.1' : `2001:db8::${at.toString(16)}`));
    assert.equal(lines.length, 2 * linesPerKind);
    log.flush();
    const counts = lines
      .slice(2 * linesPerKind)
      .map(({ event, reason, address, calls }) => [event, reason, address, calls]);
    assert.deepEqual(counts, [
      ['calls left out', 'TOKEN_INVALID', '2001:db8::0', 500 - linesPerKind],
      ['calls left out', 'TOKEN_INVALID', '192.0.2.1', 500 - linesPerKind],
    ]);
    log.add(refused('192.0.2.1'));
    assert.equal(lines.length, 2 * linesPerKind + 3);
    log.flush();
  });

  it('does not grow with callers from everywhere', () => {
    const { log, lines } = logging('refused');
    for (let at = 0; at < 10_000; at++) log.add(refused(`10.1.${at >> 8}.${at & 255}`));
    assert.equal(lines.length, linesMax);
    log.flush();
    // All who came when there were too many kinds to tell apart, then single ones, then the rest.
    const counts = lines.slice(linesMax).map(({ event, calls, reason, address }) => [event, calls, reason, address]);
    assert.deepEqual(counts[0], ['calls left out', 10_000 - kindsMax, 'TOKEN_INVALID', undefined]);
    assert.deepEqual(counts[1], ['calls left out', 1, 'TOKEN_INVALID', `10.1.0.${linesMax}`]);
    const rest = kindsMax - linesMax - (leftOutLinesMax - 1);
    assert.deepEqual(counts.slice(leftOutLinesMax), [['calls left out', rest, undefined, undefined]]);
  });

  it('has a bound in all, however many are refused for however many reasons', () => {
    const { log, lines } = logging('refused');
    for (let at = 0; at < 5_000; at++) log.add({ ...refused(`10.1.0.${at % 200}`), reason: `R${at % 2}` });
    log.flush();
    assert.ok(lines.length <= linesMax + leftOutLinesMax + 1, `${lines.length} lines`);
    const told = lines.reduce((sum, { event, calls }) => sum + (event === 'call' ? 1 : Number(calls)), 0);
    assert.equal(told, 5_000);
    log.add(refused('10.1.0.9'));
    assert.equal(lines.at(-1)?.['event'], 'call');
    log.flush();
  });

  it('cuts what callers choose', () => {
    const { log, lines } = logging('all');
    log.add(call({ method: `/${'x'.repeat(100_000)}` }));
    assert.equal(String(lines[0]?.['method']).length, 256);
  });
});
