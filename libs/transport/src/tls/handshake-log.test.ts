import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HandshakeLog } from './handshake-log.ts';

describe('the log of handshakes', () => {
  it('tells of a peer once a minute, and of each peer', () => {
    const lines: string[] = [];
    let now = 0;
    const log = new HandshakeLog(
      (line) => lines.push(line),
      () => now,
    );
    for (const at of [0, 1, 59_999]) {
      now = at;
      log.tell('a', `a at ${at}`);
    }
    log.tell('b', 'b');
    now = 60_000;
    log.tell('a', 'a at 60000');
    log.tell('b', 'b again');
    assert.deepEqual(lines, ['a at 0', 'b', 'a at 60000']);
  });

  it('remembers 1,024 peers, and tells of no other one until the first of them is forgotten', () => {
    const lines: string[] = [];
    let now = 0;
    const log = new HandshakeLog(
      (line) => lines.push(line),
      () => now,
    );
    for (let peer = 0; peer < 10_000; peer++) log.tell(String(peer), `${peer}`);
    assert.equal(lines.length, 1_024);
    now = 60_000;
    log.tell('late', 'late');
    assert.equal(lines.at(-1), 'late');
  });
});
