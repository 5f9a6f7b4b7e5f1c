import { errorOf, newerFailure } from '@sheaf/store';
import type { ClientBase } from 'pg';
import { postgresMigrations } from '../schema.ts';

/** Any number, of which only we make use. */
const lock = 0x73687267;

/** Makes the tables, inside a transaction; one process at a time. Answers the epoch. */
export async function migrate(client: ClientBase): Promise<number> {
  await client.query('SELECT pg_advisory_xact_lock($1)', [lock]);
  await client.query('CREATE TABLE IF NOT EXISTS registry_schema (version BIGINT PRIMARY KEY)');
  const { rows } = await client.query('SELECT coalesce(max(version), 0) AS version FROM registry_schema');
  const version = Number(rows[0]?.version);
  const known = postgresMigrations.length;
  if (version > known) throw errorOf(newerFailure('registry', version, known));
  for (const step of postgresMigrations.slice(version)) await client.query(step);
  if (version < known) await client.query('INSERT INTO registry_schema (version) VALUES ($1)', [known]);
  const { rows: state } = await client.query('SELECT epoch FROM registry_state');
  return Number(state[0]?.epoch);
}
