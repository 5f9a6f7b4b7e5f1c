/** The folder of a mesh, and the files around it. */
import { X509Certificate } from 'node:crypto';
import { access, constants, readFile, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { formatProblem, type Mesh, readMesh } from '@sheaf/mesh';
import type { Look } from '../look.ts';

export type FolderLook = Pick<Look, 'mesh' | 'mistakes' | 'certificates' | 'disks' | 'accessLogProblem' | 'quantized'>;

export async function lookAtFolder(folder: string): Promise<FolderLook> {
  const { servable, problems } = await readMesh(folder);
  const accessLog = servable?.policies?.accessLog?.file;
  return {
    mesh: servable,
    mistakes: problems.map(formatProblem),
    certificates: servable ? await certificatesOf(servable) : [],
    disks: await disksOf(folder, accessLog),
    accessLogProblem: accessLog === undefined ? undefined : await writeProblem(accessLog),
    quantized: servable ? await quantizedOf(servable) : [],
  };
}

async function certificatesOf({ gateway, tls, services }: Mesh): Promise<Look['certificates']> {
  const files = [
    ...[gateway.tls?.certificate, gateway.tls?.clientCa, tls?.certificate, tls?.ca],
    ...services.flatMap((service) => [service.tls?.certificate, service.tls?.ca]),
  ].filter((file) => file !== undefined);
  const read = [...new Set(files)].map(async (file) => {
    try {
      return [{ file, endsMs: Date.parse(new X509Certificate(await readFile(file)).validTo) }];
    } catch {
      // One that cannot be read is a mistake of the folder.
      return [];
    }
  });
  return (await Promise.all(read)).flat();
}

/** Of several places on one disk the first. */
async function disksOf(folder: string, accessLog: string | undefined): Promise<Look['disks']> {
  const places = [
    { what: 'the disk of the state (keys, quotas, audit trail)', path: join(folder, '.sheaf') },
    { what: 'the disk of the mesh folder', path: folder },
    { what: 'the disk of temporary files', path: tmpdir() },
    ...(accessLog === undefined ? [] : [{ what: 'the disk of the access log', path: dirname(accessLog) }]),
  ];
  const seen = new Map<number, Look['disks'][number]>();
  for (const place of places) {
    try {
      const [{ dev }, { bavail, bsize }] = await Promise.all([stat(place.path), statfs(place.path)]);
      if (!seen.has(dev)) seen.set(dev, { ...place, freeBytes: bavail * bsize });
    } catch {
      // It is not there yet.
    }
  }
  return [...seen.values()];
}

async function writeProblem(file: string): Promise<string | undefined> {
  try {
    const isThere = await stat(file).catch(() => undefined);
    await access(isThere ? file : dirname(file), constants.W_OK);
    return undefined;
  } catch (error) {
    return `${file} (${(error as NodeJS.ErrnoException).code})`;
  }
}

/** Larger ones are not read for this. */
const modelBytesMax = 1024 ** 3;

/** Names of operators stand in a model file as they are. */
async function quantizedOf({ models }: Mesh): Promise<string[]> {
  const found: string[] = [];
  for (const { name, versions, batching } of models)
    for (const { version, file } of batching ? versions : []) {
      const { size } = await stat(file);
      if (size <= modelBytesMax && (await readFile(file)).includes('DynamicQuantizeLinear'))
        found.push(`${name}/${version}`);
    }
  return found;
}
