/** `npm test`: the tests of every project; `npm run test:long`: those that take long, or want tools that are not ours. The processes that they start, some hundreds, share what Node has made of their source. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const nx = fileURLToPath(new URL('../node_modules/nx/dist/bin/nx.js', import.meta.url));

const isLong = process.argv[2] === 'long';
const target = isLong ? 'test-long' : 'test';

const child = spawn(process.execPath, [nx, 'run-many', '-t', target, '--outputStyle=static', '--parallel=2'], {
  cwd: root,
  stdio: 'inherit',
  env: {
    NODE_COMPILE_CACHE: `${root}.cache/compile`,
    // Other messages each time, for a minute.
    ...(isLong && { SHEAF_FUZZ_MINUTES: '1' }),
    ...process.env,
  },
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
