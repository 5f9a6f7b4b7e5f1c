import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { PostgresServer, skipWithoutPostgres } from '@sheaf/store/testing';
import { killRounds } from './testing/kill-rounds.ts';

const root = mkdtempSync(join(tmpdir(), 'sheaf-registry-'));
after(() => rmSync(root, { recursive: true }));

// More of them, with other seeds: `npm run faults:registry`.
describe('a registry whose processes are killed', () => {
  it('has all that was acknowledged, nothing by halves, and one history', async () => {
    const figures = await killRounds({ folder: mkdtempSync(join(root, 'mesh-')), seed: 1, rounds: 5 });
    assert.ok(figures.versions > 0 && figures.moves > 0, JSON.stringify(figures));
  });

  it('has so in a Postgres, which is killed too', { skip: skipWithoutPostgres }, async () => {
    const server = await PostgresServer.start();
    try {
      const postgres = { server, url: await server.newUrl() };
      const figures = await killRounds({ folder: mkdtempSync(join(root, 'mesh-')), seed: 2, rounds: 4, postgres });
      assert.ok(figures.versions > 0 && figures.postgresKills === 2, JSON.stringify(figures));
    } finally {
      await server.stop();
    }
  });
});
