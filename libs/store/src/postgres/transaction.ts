import type { ClientBase, Pool } from 'pg';
import type { Kept } from '../failures.ts';
import { asPostgresError, isConflict } from './postgres-failures.ts';

/** A transaction that was in another's way is tried so often in all. */
const triesMax = 3;

/** A connection that breaks while nobody asks it anything says so by an event, which would end the process: whoever asks it next hears of it, or has another one. */
export function outliveConnections(pool: Pool): Pool {
  pool.on('error', () => {});
  // From its first moment on: it may break between when it is made and when it is handed out.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** Runs `task` in one transaction of `pool`, which `begin` begins; again when it was in another's way. Whatever fails is one of the failures of `kept`. */
export async function inTransaction<Result>(
  { kept, pool, begin = 'BEGIN' }: { readonly kept: Kept; readonly pool: Pool; readonly begin?: string },
  task: (client: ClientBase) => Promise<Result>,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    const client = await pool.connect().catch((error) => {
      throw asPostgresError(kept, error);
    });
    let isCommitting = false;
    let broken: unknown;
    try {
      await client.query(begin);
      const result = await task(client);
      isCommitting = true;
      await client.query('COMMIT');
      return result;
    } catch (error) {
      const again = isConflict(error) && tries < triesMax;
      await client.query('ROLLBACK').catch((failed) => {
        broken = failed;
      });
      if (!again) throw asPostgresError(kept, error, isCommitting);
    } finally {
      client.release(broken !== undefined);
    }
  }
}
