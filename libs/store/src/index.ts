export { createMemoryState, type MemoryStateOptions } from './memory-state.ts';
export { openState, type StateOptions } from './open-state.ts';
export type { ApiKey, AuditEntry, AuditLog, ChainedEntry, KeyStore, QuotaBook, State } from './state.ts';
