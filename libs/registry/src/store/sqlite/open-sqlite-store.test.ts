import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { storeContract } from '../../testing/store-contract.ts';
import { openSqliteStore } from './open-sqlite-store.ts';

const root = mkdtempSync(join(tmpdir(), 'sheaf-registry-'));
after(() => rmSync(root, { recursive: true }));

storeContract('the registry in SQLite', { open: (now) => openSqliteStore(mkdtempSync(join(root, 'mesh-')), { now }) });
