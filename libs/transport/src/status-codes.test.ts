import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import { status, statusName } from './status-codes.ts';

it('has the status codes that grpc-js has', () => {
  const theirs = Object.entries(grpc.status).filter(([, code]) => typeof code === 'number');
  assert.deepEqual(Object.entries(status), theirs);
  for (const [name, code] of Object.entries(status)) assert.equal(statusName(code), name);
  assert.equal(statusName(17), undefined);
});
