/**
 * Adds to package-lock.json the packages of other platforms that npm left out because the registry at hand lacks them: `npm ci` (11) refuses
 * a lock that misses an optional dependency of any platform. With --check, fails when one is missing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

interface LockEntry {
  readonly version?: string;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Lock {
  packages: Record<string, LockEntry>;
}

const systems = ['darwin', 'linux', 'win32', 'freebsd', 'openbsd', 'android', 'aix', 'sunos'];
const processors = ['x64', 'arm64', 'arm', 'ia32', 'ppc64', 's390x', 'riscv64', 'loong64', 'wasm32'];

function entryFor(name: string, version: string): LockEntry {
  const words = name.split(/[-/]/);
  const os = systems.filter((system) => words.includes(system) || (system === 'win32' && words.includes('win')));
  const cpu = processors.filter((processor) => words.includes(processor));
  const libc = words.includes('musl') ? ['musl'] : words.includes('gnu') && os.includes('linux') ? ['glibc'] : [];
  return {
    version,
    optional: true,
    ...(os.length > 0 ? { os } : {}),
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(libc.length > 0 ? { libc } : {}),
  };
}

/** Optional dependencies of any package that have no entry of their own. */
export function missingEntries({ packages }: Lock): Map<string, LockEntry> {
  const missing = new Map<string, LockEntry>();
  for (const [path, { optionalDependencies = {} }] of Object.entries(packages)) {
    for (const [name, range] of Object.entries(optionalDependencies)) {
      const places = [`${path}/node_modules/${name}`, `node_modules/${name}`];
      if (!places.some((place) => place in packages))
        missing.set(`node_modules/${name}`, entryFor(name, range.replace(/^[^0-9]*/, '')));
    }
  }
  return missing;
}

if (import.meta.main) {
  const file = fileURLToPath(new URL('../../package-lock.json', import.meta.url));
  const lock = JSON.parse(readFileSync(file, 'utf8')) as Lock;
  const missing = missingEntries(lock);
  if (!process.argv.includes('--check')) {
    const sorted = Object.entries({ ...lock.packages, ...Object.fromEntries(missing) }).sort(([a], [b]) =>
      a < b ? -1 : 1,
    );
    writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
    console.log(`package-lock.json: ${missing.size} entries added`);
  } else if (missing.size > 0) {
    console.error(`package-lock.json misses ${[...missing.keys()].join(', ')}; run npm run lock`);
    process.exitCode = 1;
  }
}
