import { after, before } from 'node:test';
import { PostgresServer, skipWithoutPostgres } from '@sheaf/store/testing';
import { storeContract } from '../../testing/store-contract.ts';
import { openPostgresStore } from './open-postgres-store.ts';

let server: PostgresServer;
before(async () => {
  if (!skipWithoutPostgres) server = await PostgresServer.start();
});
after(() => server?.stop());

storeContract('the registry in Postgres', {
  skip: skipWithoutPostgres,
  open: async (now) => openPostgresStore(await server.newUrl(), { now }),
});
