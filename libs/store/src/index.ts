export { chain, chainStart, checkPage, follow, type PageCheck } from './audit-chain.ts';
export { type DatabaseFileOptions, type DatabaseSchema, openDatabaseFile } from './database-file.ts';
export { serveDatabase } from './database-thread.ts';
export { asFailure, errorOf, type Failure, type Failures, failuresOf, newerFailure } from './failures.ts';
export { createMemoryState, type MemoryStateOptions } from './memory-state.ts';
export { openDatabase } from './open-database.ts';
export { openState, type StateOptions } from './open-state.ts';
export { createListener, type Listener } from './postgres/listener.ts';
export { postgresConfig } from './postgres/postgres-config.ts';
export { asPostgresError } from './postgres/postgres-failures.ts';
export { inTransaction, outliveConnections } from './postgres/transaction.ts';
export { operationsOnSqlite, type StepOperations } from './sqlite-operations.ts';
export type {
  ApiKey,
  AuditEntry,
  AuditHead,
  AuditLog,
  ChainedEntry,
  KeyStore,
  KeyUse,
  QuotaBook,
  Rotation,
  State,
} from './state.ts';
export {
  type AnyOperation,
  all,
  first,
  places,
  type Question,
  type Row,
  type Steps,
  stepsOnPostgres,
  stepsOnSqlite,
  type Value,
} from './steps.ts';
export { Watch } from './watch.ts';
