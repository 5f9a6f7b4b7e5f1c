import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inFolder, targetIn, withoutCredentials } from './configuration.ts';

describe('what a configuration tells', () => {
  it('names files from the folder, and of others only that they are elsewhere', () => {
    assert.equal(inFolder('/srv/mesh', '/srv/mesh/certs/gateway.key'), 'certs/gateway.key');
    assert.equal(inFolder('/srv/mesh', 'pipelines/a.yaml'), 'pipelines/a.yaml');
    for (const file of ['/etc/ssl/gateway.key', '/srv/mesh2/gateway.key', '/srv', '../gateway.key'])
      assert.equal(inFolder('/srv/mesh', file), '(outside the folder)', file);
  });

  it('leaves out of a URL who asks and with what', () => {
    const cases: [string, string][] = [
      ['https://issuer.example/keys.json', 'https://issuer.example/keys.json'],
      ['https://alice:secret@issuer.example/keys.json', 'https://issuer.example/keys.json'],
      ['https://issuer.example/keys?token=secret', 'https://issuer.example/keys?...'],
      ['dns:///user:secret@triton:8001', 'dns:///triton:8001'],
      ['user:secret@triton:8001', 'triton:8001'],
      ['127.0.0.1:8001', '127.0.0.1:8001'],
    ];
    for (const [url, told] of cases) assert.equal(withoutCredentials(url), told);
    assert.equal(targetIn('/srv/mesh', 'unix:///run/triton.sock'), 'unix:(outside the folder)');
    assert.equal(targetIn('/srv/mesh', 'alice:secret@triton:8001'), 'triton:8001');
  });
});
