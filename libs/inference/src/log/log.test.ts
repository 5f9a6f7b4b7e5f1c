import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { events, logRooms } from './events.ts';
import { isLogged, type LogEntry, log, logLevelOf, sendLogTo, setLogLevel } from './log.ts';

describe('the log', () => {
  const told: LogEntry[] = [];
  let end = (): void => {};
  beforeEach(() => {
    told.length = 0;
    end = sendLogTo((entry) => told.push(entry));
  });
  afterEach(() => {
    end();
    for (const room of logRooms) setLogLevel(room, 'info');
  });

  it('tells of an event with its room and level, its sentence and its fields', () => {
    log('limits.alone', 'limits cannot be counted', { code: 'ECONNREFUSED' });
    const [{ event, room, level, message, fields } = assert.fail()] = told;
    assert.deepEqual([event, room, level, message], ['limits.alone', 'policies', 'error', 'limits cannot be counted']);
    assert.deepEqual(fields, { code: 'ECONNREFUSED' });
  });

  it('says nothing of what is below the level of its room, and does once that is asked for', () => {
    log('try.ended', 'a try');
    assert.deepEqual([told.length, isLogged('try.ended')], [0, false]);
    setLogLevel('outbound', 'debug');
    log('try.ended', 'a try');
    log('run.ended', 'of another room');
    assert.deepEqual([told.map(({ event }) => event), isLogged('try.ended')], [['try.ended'], true]);
    setLogLevel('outbound', 'error');
    log('breaker.changed', 'a warning');
    assert.deepEqual([told.length, logLevelOf('outbound')], [1, 'error']);
  });

  it('goes to the console until somebody says where else, what is bad to standard error', () => {
    end();
    const [print, complain] = [mock.method(console, 'log', () => {}), mock.method(console, 'error', () => {})];
    try {
      log('audit.head', 'audit trail: head 1:f00');
      log('process.crash-loop', 'digits ended');
      log('state.failed', 'the thread of the state failed', {}, 'why');
    } finally {
      print.mock.restore();
      complain.mock.restore();
    }
    assert.deepEqual(
      print.mock.calls.map((call) => call.arguments),
      [['audit trail: head 1:f00'], ['digits ended']],
    );
    assert.deepEqual(
      complain.mock.calls.map((call) => call.arguments),
      [['the thread of the state failed:', 'why']],
    );
  });

  it('has events of names and fields that stay apart from those which every line has', () => {
    for (const [name, { fields }] of Object.entries(events)) {
      assert.match(name, /^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$/);
      for (const taken of ['level', 'time', 'process', 'pid', 'room', 'event', 'msg', 'err'])
        assert.ok(!(fields as readonly string[]).includes(taken), `${name} has the field ${taken}`);
    }
  });
});
