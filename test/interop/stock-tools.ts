/** The clients that install.sh gets, and how they are run. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = fileURLToPath(new URL('.', import.meta.url));
export const root = fileURLToPath(new URL('../../', import.meta.url));
export const cache = join(root, '.cache/interop');
export const python = join(cache, 'python/bin/python');
export const proto = join(root, 'proto');
export const protoFile = 'inference/grpc_predict_v2.proto';

export const installed = existsSync(join(cache, 'stamp'));
/** For `skip`: false, or why. Where everything is required the tests run, and fail. */
export const skip =
  installed || process.env['SHEAF_INTEROP'] === 'required'
    ? false
    : 'stock clients are not installed: run test/interop/install.sh';

const limitMs = 240_000;

export interface Ran {
  readonly code: number;
  readonly output: string;
}

/** Runs to the end, with both streams as one text. */
export function run(command: string, args: readonly string[], cwd = root): Promise<Ran> {
  const path = `${join(cache, 'bin')}:${process.env['PATH']}:/usr/local/go/bin`;
  const env = { ...process.env, PATH: path, GOFLAGS: '-buildvcs=false' };
  return new Promise((resolve) => {
    execFile(command, args, { cwd, env, timeout: limitMs, encoding: 'utf8' }, (error, stdout, stderr) => {
      resolve({ code: error ? 1 : 0, output: `${stdout}${stderr}${error?.killed ? 'killed' : ''}` });
    });
  });
}

/** Runs what has to end well. */
export async function make(command: string, args: readonly string[], cwd?: string): Promise<void> {
  const { code, output } = await run(command, args, cwd);
  assert.equal(code, 0, `${command} ${args.join(' ')}: ${output}`);
}
