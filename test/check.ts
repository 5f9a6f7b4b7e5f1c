/** `npm run check`: everything that must hold before a change lands; ends with `N passed, N failed`. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const steps: readonly (readonly [string, string, readonly string[]])[] = [
  ['format and lint', 'node_modules/.bin/biome', ['ci', '--error-on-warnings']],
  ['types', 'node_modules/.bin/tsc', ['-p', 'tsconfig.base.json']],
  ['generated code is current', process.execPath, ['proto/generate.ts', '--check']],
  ['the lock is complete', process.execPath, ['test/tools/complete-lock.ts', '--check']],
  ['tests', 'npm', ['test']],
  ['long tests', 'npm', ['run', 'test:long']],
];

function run(command: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk;
      process.stdout.write(chunk);
    });
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** Adds up the lines of the reporter; those of cached targets are replayed, so every test counts. */
function total(output: string): { passed: number; failed: number } {
  let passed = 0;
  let failed = 0;
  for (const [, good, bad] of output.matchAll(/# sheaf-tests passed=(\d+) failed=(\d+)/g)) {
    passed += Number(good);
    failed += Number(bad);
  }
  return { passed, failed };
}

let ok = true;
let all = '';
for (const [name, command, args] of steps) {
  const startedAt = performance.now();
  const { code, output } = await run(command, args);
  console.log(`${code === 0 ? 'ok' : 'FAILED'}: ${name} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  all += output;
  ok &&= code === 0;
  // Of tests it is worth knowing what else fails.
  if (!ok && !name.endsWith('tests')) break;
}
const { passed, failed } = total(all);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = ok && passed > 0 && failed === 0 ? 0 : 1;
