import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { metricsPlace } from './metrics-place.ts';

const host = '127.0.0.1';

describe('where metrics are served', () => {
  it('is after the ports of the gateways unless a port is written', () => {
    const place = (replicas: number, index: number) => metricsPlace({ replicas }, 8_001, index);
    assert.deepEqual(place(1, 0), { host, port: 8_002, isWritten: false });
    assert.deepEqual(
      [0, 1, 2].map((index) => place(3, index)?.port),
      [8_004, 8_005, 8_006],
    );
    const metrics = { host: '0.0.0.0', port: 9_100 };
    assert.deepEqual(metricsPlace({ replicas: 2, metrics }, 8_001, 1), {
      host: '0.0.0.0',
      port: 9_101,
      isWritten: true,
    });
  });

  it('is nowhere where it is off, and where gateways have free ports and no port is written', () => {
    assert.equal(metricsPlace({ replicas: 1, metrics: false }, 8_001, 0), undefined);
    assert.equal(metricsPlace({ replicas: 1 }, 0, 0), undefined);
    assert.equal(metricsPlace({ replicas: 1, metrics: { host, port: 0 } }, 0, 0)?.port, 0);
  });
});
