import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDevelopmentCertificates, isClientName, isHost } from '@sheaf/identity';
import { setTls, type TlsSections } from '@sheaf/mesh';
import { type Command, integerOf, textOf, UsageError } from '../command.ts';
import { checkMeshFolder } from '../folder-state.ts';

/** Services of `sheaf up` listen on these, and people try a gateway there. */
const hostsAlways = ['localhost', '127.0.0.1', '::1'];
const daysDefault = 90;

export const certs: Command = {
  usage: 'certs [folder]',
  summary: 'make certificates for development: an authority, the gateway, the services, a client',
  options: {
    host: { type: 'string', multiple: true },
    client: { type: 'string' },
    days: { type: 'string' },
    force: { type: 'boolean' },
    write: { type: 'boolean' },
  },
  help: `  Written to <folder>/certs, with the lines for mesh.yaml on stdout and those for policies.yaml on stderr. Who has certs/ca.key or
  certs/client-ca.key can make more of them.
  --host <name>     a further name or address of the gateway and the services, beside ${hostsAlways.join(', ')}; may be repeated
  --client <name>   the common name of the client; "client" unless given
  --days <n>        ${daysDefault} unless given
  --write           put the lines into mesh.yaml; all else of it stays as it is
  --force           write over those that are there`,
  async run([folder = '.', more], values) {
    if (more !== undefined) throw new UsageError(`usage: sheaf ${certs.usage}`);
    await checkMeshFolder(folder);
    const days = integerOf('days', values['days'], 1, 825) ?? daysDefault;
    const hosts = [...new Set([...hostsAlways, ...((values['host'] ?? []) as string[])])];
    const wrongHost = hosts.find((host) => !isHost(host));
    if (wrongHost !== undefined) throw new UsageError(`--host: want a name or an address, got "${wrongHost}"`);
    const client = textOf(values['client']) ?? 'client';
    if (!isClientName(client))
      throw new UsageError(`--client: want 1 to 64 letters, digits, dots, dashes, underscores, got "${client}"`);
    const made = await createDevelopmentCertificates({ days, hosts });
    const pairs = {
      ca: made.ca,
      'client-ca': made.clientCa,
      gateway: made.gateway,
      service: made.service,
      client: await made.client(client),
    };
    const target = join(folder, 'certs');
    const files = Object.entries(pairs).flatMap(([name, { certificate, key }]) => [
      { path: join(target, `${name}.crt`), text: certificate, mode: 0o644 },
      { path: join(target, `${name}.key`), text: key, mode: 0o600 },
    ]);
    const meshFile = join(folder, 'mesh.yaml');
    const meshText = values['write'] === true ? await withTls(meshFile) : undefined;
    await writeAll(target, files, values['force'] === true);
    if (meshText !== undefined) await writeFile(meshFile, meshText);
    console.error(
      `${target}: two authorities, gateway, service and client, for ${days} days and ${hosts.join(', ')}; ${meshText === undefined ? 'for' : 'written into'} mesh.yaml:`,
    );
    console.log(meshLines);
    console.error(`in policies.yaml, for the client:\n${policyLines(client)}`);
  },
};

const sections: TlsSections = {
  gateway: { certificate: 'certs/gateway.crt', key: 'certs/gateway.key', clientCa: 'certs/client-ca.crt' },
  mesh: { ca: 'certs/ca.crt', certificate: 'certs/service.crt', key: 'certs/service.key' },
};

const meshLines = setTls('', sections)?.trimEnd();

/** Before anything is written. */
async function withTls(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw new UsageError(`${file}: it cannot be read: ${error.message}`);
  });
  const changed = setTls(text, sections);
  if (changed === undefined)
    throw new UsageError(
      `${file}: want a mapping without tls and without gateway.tls; without --write the lines are printed`,
    );
  return changed;
}

/** Goes to stderr, since stdout is mesh.yaml. Names are quoted: one may look like a number. */
const policyLines = (client: string): string => `identity:
  certificates:
    - { subject: "${client}", tenant: "${client}", roles: [infer] }`;

interface File {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/** All of them or, where one is there already, none: certificates of two authorities are of no use together. */
async function writeAll(folder: string, files: readonly File[], isForced: boolean): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    for (const { path } of files) {
      const isThere = await stat(path).then(
        () => true,
        () => false,
      );
      if (isThere && !isForced) throw new UsageError(`${path} is there already; --force writes over it`);
    }
    // Nobody commits a key by mistake.
    await writeFile(join(folder, '.gitignore'), '*.key\n');
    for (const { path, text, mode } of files) {
      // A file that is there would keep its mode.
      await rm(path, { force: true });
      await writeFile(path, text, { mode, flag: 'wx' });
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${folder} cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}
