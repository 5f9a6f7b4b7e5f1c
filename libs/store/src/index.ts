export type { ApiKey, AuditEntry, AuditLog, ChainedEntry, KeyStore, QuotaBook, State } from './state.ts';
