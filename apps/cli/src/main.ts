import { parseArgs } from 'node:util';
import { formatProblem, type Mesh, readMesh } from '@sheaf/mesh';
import { toMermaid } from '@sheaf/pipeline';
import { startMesh, stopOnSignal } from './start-mesh.ts';

const usage = `usage: sheaf <command>

  sheaf check [folder]              find every mistake in a mesh folder; starts nothing
  sheaf up [folder] [--port 8001]   run a mesh folder until Ctrl-C
  sheaf graph <pipeline> [folder]   print a pipeline as a Mermaid diagram

The folder is the current one unless given.`;

/** A mistake of whoever typed the command: one sentence, exit code 2. */
class UsageError extends Error {}

async function read(folder = '.'): Promise<Mesh> {
  const { mesh, problems } = await readMesh(folder);
  if (mesh) return mesh;
  const count = problems.length === 1 ? '1 mistake' : `${problems.length} mistakes`;
  throw new UsageError([...problems.map(formatProblem), `${count} in ${folder}`].join('\n'));
}

function portOf(text: string | undefined): { port?: number } {
  if (text === undefined) return {};
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UsageError(`--port: want 0 to 65535, got "${text}"`);
  return { port };
}

async function check(folder: string | undefined): Promise<void> {
  const { models, transforms, pipelines, services } = await read(folder);
  console.log(
    `no mistakes: ${models.length} models, ${transforms.length} transforms, ${pipelines.length} pipelines, ${services.length} services`,
  );
}

async function up(folder: string | undefined, port: string | undefined): Promise<void> {
  const mesh = await read(folder);
  const running = await startMesh(mesh, { onEvent: (line) => console.log(line), ...portOf(port) });
  stopOnSignal(running);
  console.log(`the mesh is up: gRPC on ${mesh.gateway.host}:${running.gateway.port}; Ctrl-C ends it`);
}

async function graph(name: string | undefined, folder: string | undefined): Promise<void> {
  if (!name) throw new UsageError('usage: sheaf graph <pipeline> [folder]');
  const { pipelines } = await read(folder);
  const found = pipelines.find(({ spec }) => spec.pipeline === name);
  const known = pipelines.map(({ spec }) => spec.pipeline).join(', ') || 'none';
  if (!found) throw new UsageError(`there is no pipeline "${name}"; the pipelines are ${known}`);
  console.log(toMermaid(found.spec));
}

async function run(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { port: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  const [command, ...rest] = positionals;
  if (values.help) return console.log(usage);
  switch (command) {
    case 'check':
      return check(rest[0]);
    case 'up':
      return up(rest[0], values.port);
    case 'graph':
      return graph(rest[0], rest[1]);
    default:
      throw new UsageError(command ? `there is no command "${command}"\n\n${usage}` : usage);
  }
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  // Whatever stops a command is told in a sentence; a stack would only hide it.
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
