import { type Infer, innerLimits } from '@sheaf/inference';
import { formatProblem, type Mesh, readTests } from '@sheaf/mesh';
import { startMesh } from '@sheaf/supervisor';
import { createRemote, isProxied } from '@sheaf/transport';
import { type Command, UsageError } from '../command.ts';
import { realTargets, runTests } from '../folder-tests/run-tests.ts';
import { programs } from '../programs.ts';
import { readMeshOrFail } from '../read-mesh.ts';

export const test: Command = {
  usage: 'test [folder]',
  summary: 'run the tests of a mesh folder, tests/*.yaml: requests, and the answers they have to get',
  options: {},
  help: '  What a test does not fake is really asked: the services are started for the run. Exits with 1 when a test fails.',
  async run([folder = '.']) {
    const mesh = await readMeshOrFail(folder);
    const { files, problems } = await readTests(mesh.folder, mesh);
    if (problems.length > 0) throw new UsageError(problems.map(formatProblem).join('\n'));
    if (files.length === 0) throw new UsageError('tests: want *.yaml files with tests, found none');
    const real = realTargets(mesh, files) ? await openServices(mesh) : undefined;
    const notStarted = (): Infer => {
      throw new UsageError('nothing was started, and a test asks for it');
    };
    try {
      let passed = 0;
      let failed = 0;
      for await (const { file, name, ms, failures } of runTests(mesh, files, real?.ask ?? notStarted)) {
        console.log(`${failures.length === 0 ? 'ok    ' : 'FAILED'}  ${file}: ${name} (${ms.toFixed(0)} ms)`);
        for (const failure of failures) console.log(`          ${failure}`);
        if (failures.length === 0) passed++;
        else failed++;
      }
      console.log(`${passed} passed, ${failed} failed`);
      if (failed > 0) process.exitCode = 1;
    } finally {
      await real?.close();
    }
  },
};

/** Every service as a process of its own, asked directly: what a test is about is the pipeline, which runs here. */
async function openServices(mesh: Mesh) {
  const running = await startMesh(mesh, { programs, onEvent: () => {}, port: 0, isStrict: true });
  const remotes = mesh.services.map((service) => {
    const { name, endpoint, models, transforms } = service;
    const port = running.services.find((process) => process.name === name || process.name === `${name}-1`)?.port;
    const trust = endpoint ? { tls: service.tls } : { tls: mesh.tls, secret: running.secret };
    const remote = createRemote(endpoint ?? `127.0.0.1:${port}`, {
      service: name,
      limits: innerLimits(mesh.limits),
      ...trust,
      proxied: endpoint !== undefined && isProxied(endpoint),
    });
    return { holds: new Set([...models, ...transforms]), remote };
  });
  return {
    ask: (name: string): Infer => {
      const found = remotes.find(({ holds }) => holds.has(name));
      if (!found) throw new UsageError(`no service holds "${name}"`);
      return found.remote.infer;
    },
    close: async () => {
      for (const { remote } of remotes) remote.close();
      await running.stop();
    },
  };
}
