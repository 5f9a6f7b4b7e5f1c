import { after, before } from 'node:test';
import { PostgresServer, skipWithoutPostgres } from '@sheaf/store/testing';
import { workContract } from '../testing/work-contract.ts';
import { openPostgresWork } from './open-postgres-work.ts';

let server: PostgresServer;
before(async () => {
  if (!skipWithoutPostgres) server = await PostgresServer.start();
});
after(() => server?.stop());

workContract('jobs in Postgres', {
  skip: skipWithoutPostgres,
  open: async (now) => openPostgresWork(await server.newUrl(), { now }),
});
