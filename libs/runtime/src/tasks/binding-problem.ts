/** Why the native part of ONNX Runtime does not load, for whoever started the service. */

const builds = 'it is built for Linux with glibc, macOS and Windows, on x64 and arm64';

/** Undefined for any other error. `hasGlibc` is whether this Node runs on glibc. */
export function bindingProblem(error: unknown, hasGlibc = runsOnGlibc()): string | undefined {
  const { code, message } = error instanceof Error ? (error as NodeJS.ErrnoException) : ({} as NodeJS.ErrnoException);
  const place = `${process.platform} ${process.arch}`;
  if (code === 'MODULE_NOT_FOUND' && message?.includes('onnxruntime_binding.node'))
    return `ONNX Runtime has no build for this machine (${place}): ${builds}; where that is so, install again (npm ci)`;
  if (code !== 'ERR_DLOPEN_FAILED') return undefined;
  const wanted = /version [`'"](GLIBC(?:XX)?_[\d.]+)/.exec(message ?? '')?.[1];
  if (wanted)
    return `ONNX Runtime does not load on this machine (${place}): it wants ${wanted}, which is newer than what is here; use a newer system`;
  return hasGlibc
    ? `ONNX Runtime does not load on this machine (${place}): ${builds}; install again (npm ci) on the machine that runs it`
    : `ONNX Runtime does not load on this machine (${place}, without glibc): ${builds}; use an image with glibc, such as Debian's (node:26-slim), and not Alpine's`;
}

function runsOnGlibc(): boolean {
  if (process.platform !== 'linux') return true;
  const { header } = process.report.getReport() as { readonly header?: { readonly glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime !== undefined;
}
