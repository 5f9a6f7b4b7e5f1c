import type { ClientBase, Pool } from 'pg';

/** What time it is, in milliseconds since the epoch; the same for all of a transaction, and for the queue. */
export type Clock = (client: ClientBase) => Promise<number>;

const setting = 'sheaf.now';

/** The clock of the database; `now`, which tests give, takes its place for this store and the queue in `schema`. */
export async function createClock(pool: Pool, schema: string, now: (() => number) | undefined): Promise<Clock> {
  const read = `SELECT floor(extract(epoch FROM ${schema}.job_now()) * 1000)::bigint AS now`;
  if (now) await pool.query(replaced(schema));
  return async (client) => {
    if (now) await client.query(`SELECT set_config('${setting}', $1, true)`, [`${now()}`]);
    const { rows } = await client.query(read);
    return Number(rows[0]?.now);
  };
}

/** pg-boss reads the time by this function alone. */
const replaced = (schema: string): string => `
  CREATE OR REPLACE FUNCTION ${schema}.job_now() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT coalesce(to_timestamp(nullif(current_setting('${setting}', true), '')::float8 / 1000), pg_catalog.now()) $$`;
