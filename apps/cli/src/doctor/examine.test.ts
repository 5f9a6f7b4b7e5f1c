import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { well, withBreaker } from '../testing/healthy-look.ts';
import { findingsOf } from './examine.ts';
import type { Look } from './look.ts';

describe('sheaf doctor', () => {
  it('finds nothing where nothing is wrong', () => {
    assert.deepEqual(findingsOf(well), []);
  });

  it('finds nothing of what could not be had', () => {
    const unknown: Look = {
      ...well,
      mesh: undefined,
      gateway: undefined,
      processes: [],
      certificates: [],
      disks: [],
      peers: [],
    };
    assert.deepEqual(findingsOf(unknown), []);
  });

  it('tells the most important first', () => {
    const findings = findingsOf({
      ...well,
      quantized: ['m/1'],
      accessLogProblem: 'x',
      ...withBreaker({ shutOut: ['acme'] }),
    });
    assert.deepEqual(
      findings.map(({ severity, check }) => [severity, check]),
      [
        ['error', 'accessLog'],
        ['warning', 'breakersOpen'],
        ['note', 'quantized'],
      ],
    );
  });
});
