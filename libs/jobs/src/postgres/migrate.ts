import { createHash } from 'node:crypto';
import { errorOf, newerFailure } from '@sheaf/store';
import type { ClientBase } from 'pg';
import { postgresMigrations } from './schema.ts';

/** Any number, of which only we make use. */
const lock = 0x73686a6f;

/** The schemas that jobs are kept in. */
export interface Schemas {
  readonly tables: string;
  readonly queue: string;
}

/**
 * Makes the tables, inside a transaction; one process at a time. They have a schema of their own, `sheaf_jobs`, since their names are common words, and so has the
 * queue; where another schema than `public` comes first, its name stands in place of `sheaf`, so that several meshes can share a database.
 */
export async function migrate(client: ClientBase): Promise<Schemas> {
  await client.query('SELECT pg_advisory_xact_lock($1)', [lock]);
  const { rows: first } = await client.query('SELECT current_schema() AS name');
  const tables = `${prefixOf(String(first[0]?.name ?? 'public'))}_jobs`;
  // Asked first, since it takes a right that this process needs once.
  const { rows: found } = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [tables]);
  if (found.length === 0) await client.query(`CREATE SCHEMA ${tables}`);
  await client.query(`SET LOCAL search_path TO ${tables}`);
  await client.query('CREATE TABLE IF NOT EXISTS work_schema (version BIGINT PRIMARY KEY)');
  const { rows } = await client.query('SELECT coalesce(max(version), 0) AS version FROM work_schema');
  const version = Number(rows[0]?.version);
  const known = postgresMigrations.length;
  if (version > known) throw errorOf(newerFailure('jobs', version, known));
  for (const step of postgresMigrations.slice(version)) await client.query(step);
  if (version < known) await client.query('INSERT INTO work_schema (version) VALUES ($1)', [known]);
  return { tables, queue: `${tables}_queue` };
}

/** A plain name, which nobody has to quote, and short enough for what pg-boss adds to it. */
function prefixOf(schema: string): string {
  if (schema === 'public') return 'sheaf';
  return /^[a-z_][a-z0-9_]{0,31}$/.test(schema)
    ? schema
    : `sheaf_${createHash('sha256').update(schema).digest('hex').slice(0, 16)}`;
}
