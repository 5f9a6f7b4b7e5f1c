#!/usr/bin/env node
// Plain JavaScript, so that any Node >= 20 gets this far; an older one than the pinned one hands over to it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const pinned = fileURLToPath(new URL('../../../node_modules/node/bin/node', import.meta.url));
const linked = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url));
const major = Number(process.versions.node.split('.')[0]);
const node = [pinned, linked].find((path) => existsSync(path));

if (major >= 26 || !node) {
  await import('../src/main.ts');
} else {
  // It ends when we are gone; and the Ctrl-C that a terminal sends to both of us is one.
  const env = { ...process.env, SHEAF_LAUNCHER_PID: String(process.pid) };
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}
