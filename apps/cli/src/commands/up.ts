import { hostPort } from '@sheaf/transport';
import { type Command, integerOf, readMeshOrFail } from '../command.ts';
import { openControl } from '../control.ts';
import { startMesh, stopOnSignal } from '../start-mesh.ts';
import { watchMesh } from '../watch.ts';

export const up: Command = {
  usage: 'up [folder]',
  summary: 'run a mesh folder until Ctrl-C',
  options: { port: { type: 'string' }, watch: { type: 'boolean' } },
  help: `  --port <n>   of the gateway, instead of the one in mesh.yaml (8001 unless it says otherwise); 0 takes a free one
  --watch      take up models, pipelines and transforms that change, without losing a call; what is broken is told and left out`,
  async run([folder], values) {
    const port = integerOf('port', values.port, 0, 65_535);
    const mesh = await readMeshOrFail(folder, console.log);
    const drained = Promise.withResolvers<void>();
    const aborter = new AbortController();
    const starting = startMesh(mesh, {
      onEvent: console.log,
      onDrained: drained.resolve,
      signal: aborter.signal,
      ...(port === undefined ? {} : { port }),
    });
    let control: ReturnType<typeof openControl> | undefined;
    const stop = stopOnSignal(starting, {
      close: async () => (await control)?.close(),
      abort: () => aborter.abort(),
    });
    const running = await starting;
    control = openControl(mesh.folder, running, console.log);
    void drained.promise.then(() => {
      console.log('the gateway was drained; the mesh ends');
      stop();
    });
    await control;
    if (values.watch) watchMesh(mesh, running, console.log);
    const protocol = mesh.gateway.tls ? 'gRPC over TLS' : 'gRPC';
    const addresses = running.gateways.map((gateway) => hostPort(mesh.gateway.host, gateway.port));
    console.log(`the mesh is up: ${protocol} on ${addresses.join(', ')}; Ctrl-C ends it`);
  },
};
