/** `npm run tour`: does what the root README and the pages of docs say, command by command, as a newcomer would. Arguments name the pages; all unless given. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tools = `${root}.cache/interop/bin`;
const toolsRequired = process.env['SHEAF_INTEROP'] === 'required';
const upLimitMs = 60_000;
const downLimitMs = 20_000;
/** What the commands of the tour make: each page has a mesh of its own, so that they can be followed one after the other. */
const made = [
  'page.png',
  'my-mesh',
  'models-mesh',
  'pipeline-mesh',
  'guarded-mesh',
  'running-mesh',
  'watched-mesh',
  'asked-mesh',
  'versioned-mesh',
  'rolled-mesh',
  'later-mesh',
].map((name) => root + name);

interface Ran {
  readonly ok: boolean;
  readonly output: string;
}

/** In a group of its own, so that Ctrl-C reaches all of it, as at a terminal. */
function start(command: string): { child: ChildProcess; output: () => string } {
  const env = { ...process.env, PATH: `${process.env['PATH']}:${tools}` };
  const child = spawn('sh', ['-c', command], { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk));
  return { child, output: () => output };
}

async function run(command: string): Promise<Ran> {
  const { child, output } = start(command);
  const [code] = await once(child, 'close');
  return { ok: code === 0, output: output() };
}

/** `sheaf up` stays until the next one, or the end of the tour. */
class Terminal {
  #child: ChildProcess | undefined;

  async up(command: string): Promise<Ran> {
    if (!(await this.down())) return { ok: false, output: 'Ctrl-C left processes of the mesh before behind' };
    const { child, output } = start(command);
    this.#child = child;
    const until = performance.now() + upLimitMs;
    while (!output().includes('the mesh is up') && child.exitCode === null && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 50));
    return { ok: output().includes('the mesh is up'), output: output() };
  }

  /** Ctrl-C; answers whether every process ended within the limit. */
  async down(): Promise<boolean> {
    const { pid } = this.#child ?? {};
    this.#child = undefined;
    if (!pid) return true;
    // It may have ended by itself, where it could not start.
    if (isRunning(-pid)) process.kill(-pid, 'SIGINT');
    const until = performance.now() + downLimitMs;
    while (isRunning(-pid) && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
    return !isRunning(-pid);
  }
}

/** A process, or the group of a negative number. */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const terminal = new Terminal();

/** Runs the commands of a page, one after the other, in the folder of the repository; answers how many failed. */
async function follow(commands: readonly string[]): Promise<number> {
  let failed = 0;
  try {
    for (const command of commands) {
      if (command.startsWith('grpcurl') && !existsSync(`${tools}/grpcurl`) && !toolsRequired) {
        console.log(`skipped: ${command} (grpcurl is not installed: run test/interop/install.sh)`);
        continue;
      }
      const { ok, output } = / sheaf up /.test(command) ? await terminal.up(command) : await run(command);
      console.log(`${ok ? 'ok' : 'FAILED'}: ${command}${ok ? '' : `\n${output}`}`);
      if (!ok) failed++;
    }
    if (!(await terminal.down())) {
      failed++;
      console.log('FAILED: Ctrl-C left processes behind');
    }
  } finally {
    await terminal.down();
  }
  return failed;
}

const taken = made.find(existsSync);
if (taken) throw new Error(`${taken} is in the way of the tour`);

const [, , ...named] = process.argv;
const pages = named.length > 0 ? named : ['README.md', ...globSync('docs/*.md', { cwd: root }).sort()];
let total = 0;
let failed = 0;
try {
  for (const page of pages) {
    const text = await readFile(root + page, 'utf8');
    const commands = [...text.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block = '']) => block.trim().split('\n'));
    if (commands.length > 0) console.log(`${page}:`);
    total += commands.length;
    failed += await follow(commands);
  }
} finally {
  for (const path of made) await rm(path, { recursive: true, force: true });
}
if (named.length === 0 && total < 30) throw new Error(`the pages have only ${total} commands`);
console.log(`tour: ${total} commands, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
