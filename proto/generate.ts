/** Makes the TypeScript types of our .proto files; with --check, fails when the committed ones differ. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const generated = join(root, 'libs/transport/src/generated');
/** Times and numbers of entries, all that our own services count, are whole as numbers; what a model is told may not be. A file that others import comes after them. */
const files = {
  'sheaf/admin/v1/admin.proto': 'Number',
  'sheaf/registry/v1/registry.proto': 'Number',
  'google/longrunning/operations.proto': 'Number',
  'sheaf/jobs/v1/jobs.proto': 'Number',
  'sheaf/predictions/v1/predictions.proto': 'Number',
  'inference/grpc_predict_v2.proto': 'String',
};
/** Must match the options that libs/transport loads the files with. */
const flags = ['--importFileExtension=.ts', '--enums=String', '--defaults', '--oneofs', '--grpcLib=@grpc/grpc-js'];

function generate(folder: string): void {
  const tool = join(root, 'node_modules/@grpc/proto-loader/build/bin/proto-loader-gen-types.js');
  for (const [file, longs] of Object.entries(files)) {
    const args = [tool, file, ...flags, `--longs=${longs}`, '--includeDirs=proto', `--outDir=${folder}`];
    execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  }
}

const filesOf = (folder: string): Map<string, string> =>
  new Map(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => [path, readFileSync(join(folder, path), 'utf8')]),
  );

if (process.argv.includes('--check')) {
  const fresh = mkdtempSync(join(tmpdir(), 'sheaf-proto-'));
  try {
    generate(fresh);
    const want = filesOf(fresh);
    const got = filesOf(generated);
    const stale = [...new Set([...want.keys(), ...got.keys()])].filter((path) => want.get(path) !== got.get(path));
    if (stale.length > 0 || want.size === 0) {
      console.error(`generated types are not current; run npm run proto: ${stale.join(', ')}`);
      process.exitCode = 1;
    }
  } finally {
    rmSync(fresh, { recursive: true });
  }
} else {
  rmSync(generated, { recursive: true, force: true });
  generate(generated);
}
