/** What a transform wanted and may not, as a sentence that says what to write in mesh.yaml. */
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { TransformRights } from './transform-rights.ts';

export interface Denial {
  /** For callers: without addresses, paths, and what is in mesh.yaml. */
  readonly told: string;
  /** For whoever runs the mesh. */
  readonly full: string;
}

export interface Named {
  readonly name: string;
  /** The service in mesh.yaml that runs it. */
  readonly service: string;
  /** Absolute. */
  readonly file: string;
}

interface DeniedAccess {
  readonly what: string;
  /** An address, a path or a command. */
  readonly which?: string | undefined;
  readonly right: keyof TransformRights;
  /** What would do instead. */
  readonly instead?: string;
  /** What it wanted, from its working folder, where services have nothing. */
  readonly fromWorkingFolder?: string | undefined;
}

/** Causes that are looked through. */
const depthMax = 8;

/** Undefined for an error that has nothing to do with rights. */
export function denialOf(error: unknown, { name, service, file }: Named): Denial | undefined {
  const denied = deniedIn(error, file, depthMax);
  if (!denied) return undefined;
  const { what, which, right, instead = '', fromWorkingFolder } = denied;
  const told = `transform "${name}" wants ${what}`;
  const remedy =
    fromWorkingFolder === undefined
      ? `${instead}say ${right}: true under services.${service} in mesh.yaml`
      : `name it by new URL('./${fromWorkingFolder}', import.meta.url), since services work in an empty folder`;
  return { told, full: `${told}${which ? ` (${which})` : ''}: ${remedy}` };
}

/** A path that was not given from the root, or leads into the working folder, where the code is not. */
function fromWorkingFolder(path: string | undefined, file: string): string | undefined {
  if (path === undefined) return undefined;
  const folder = process.cwd() + sep;
  const isThere = resolve(path).startsWith(folder) && !file.startsWith(folder);
  return isThere || !isAbsolute(path) ? relative(folder, path).replaceAll(sep, '/') : undefined;
}

function deniedIn(error: unknown, file: string, depth: number): DeniedAccess | undefined {
  if (typeof error !== 'object' || error === null || depth === 0) return undefined;
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown };
  if (code === 'ERR_ACCESS_DENIED') return accessOf(error as AccessError, file);
  if (code === 'ERR_DLOPEN_DISABLED') return { what: 'to load a native add-on', right: 'addons' };
  if (code === 'ERR_UNKNOWN_BUILTIN_MODULE') {
    const module = /node:(?:sqlite|ffi)\b/.exec((error as Error).message)?.[0];
    return module ? { what: module, right: 'trusted' } : undefined;
  }
  return [cause, ...(Array.isArray(errors) ? errors : [])]
    .map((inner) => deniedIn(inner, file, depth - 1))
    .find(Boolean);
}

/** As Node throws it: from the network without a permission, but with what was called. */
interface AccessError {
  readonly permission?: string;
  readonly resource?: string;
  readonly syscall?: string;
  readonly hostname?: string;
  readonly address?: string;
  readonly port?: number;
}

const kinds: Readonly<Record<string, Pick<DeniedAccess, 'what' | 'instead'>>> = {
  FileSystemRead: { what: 'to read a file that it may not', instead: 'put what it needs into the mesh folder, or ' },
  FileSystemWrite: { what: 'to write a file' },
  ChildProcess: { what: 'to start a process' },
  WorkerThreads: { what: 'to start a worker thread' },
  Inspector: { what: 'to open the inspector' },
};

function accessOf({ permission, resource, syscall, hostname, address, port }: AccessError, file: string): DeniedAccess {
  if (permission === 'Net') return { what: 'the network', which: resource, right: 'network' };
  if (permission === undefined) {
    const at = address === undefined || port === undefined ? address : `${address}:${port}`;
    const which =
      hostname === undefined ? `${syscall} ${at === undefined ? '' : `to ${at}`}`.trim() : `look up ${hostname}`;
    return { what: 'the network', which, right: 'network' };
  }
  const denied: DeniedAccess = { what: permission, ...kinds[permission], which: resource, right: 'trusted' };
  return permission === 'FileSystemRead' ? { ...denied, fromWorkingFolder: fromWorkingFolder(resource, file) } : denied;
}
