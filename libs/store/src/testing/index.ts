export { PostgresServer, skipWithoutPostgres } from './postgres-server.ts';
