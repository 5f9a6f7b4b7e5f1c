import type { ClientConfig } from 'pg';
import type { Kept } from '../failures.ts';
import { checkDatabaseUrl } from './postgres-failures.ts';

/** The number of the type of whole numbers of 64 bits. */
const int8 = 20;

/** How connections to the database of `kept` are made; `lockWaitMs` is the longest that one waits for a connection or another's lock. */
export function postgresConfig(
  kept: Kept,
  url: string,
  { lockWaitMs, getTypeParser }: { readonly lockWaitMs: number; readonly getTypeParser: TypeParsers },
): ClientConfig {
  checkDatabaseUrl(kept, url);
  return {
    connectionString: url,
    application_name: `sheaf ${kept}`,
    connectionTimeoutMillis: lockWaitMs,
    lock_timeout: lockWaitMs,
    statement_timeout: 6 * lockWaitMs,
    // A process that was stopped half way keeps the others waiting no longer.
    idle_in_transaction_session_timeout: 6 * lockWaitMs,
    keepAlive: true,
    types: {
      // Whole numbers of 64 bits are texts otherwise; ours have 53.
      getTypeParser: ((oid, format) => (oid === int8 ? Number : getTypeParser(oid, format))) as TypeParsers,
    },
  };
}

/** The driver's own, which is not imported here: most who import this room have no Postgres. */
type TypeParsers = NonNullable<ClientConfig['types']>['getTypeParser'];
