import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { workContract } from '../../testing/work-contract.ts';
import { openSqliteWork } from './open-sqlite-work.ts';

const root = mkdtempSync(join(tmpdir(), 'sheaf-jobs-'));
after(() => rmSync(root, { recursive: true }));

workContract('jobs in SQLite', { open: (now) => openSqliteWork(mkdtempSync(join(root, 'mesh-')), { now }) });
