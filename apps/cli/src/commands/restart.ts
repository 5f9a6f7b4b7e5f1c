import { askRestart } from '@sheaf/supervisor';
import { type ProgressBar, progressBar } from '@sheaf/terminal';
import { type Command, textOf, UsageError } from '../command.ts';
import { checkMeshFolder } from '../folder-state.ts';

export const restart: Command = {
  usage: 'restart --rolling [service ...]',
  summary: 'replace the processes of a mesh that runs on this machine, one after another, without losing a call',
  options: { rolling: { type: 'boolean' }, folder: { type: 'string' } },
  help: `  sheaf restart --rolling                   every service, then every gateway where there are several
  sheaf restart --rolling <service> ...     these only; gateway stands for all gateways, gateway-2 for one
  --folder <folder>                         of the mesh, the current one unless given

The new processes of a service are ready before its old ones go; a gateway goes while its siblings serve, so that their callers want the addresses of
all and one more try of UNAVAILABLE. Ctrl-C leaves what has not begun as it is.`,
  async run(names, values) {
    if (values['rolling'] !== true)
      throw new UsageError('sheaf restart wants --rolling: to have all go at once, end sheaf up and start it again');
    const folder = textOf(values['folder']) ?? '.';
    await checkMeshFolder(folder);
    let bar: ProgressBar | undefined;
    let isDone = false;
    try {
      for await (const reply of askRestart(folder, names)) {
        switch (reply.kind) {
          case 'plan':
            bar = progressBar('restarted', reply.names.length);
            for (const name of reply.left)
              bar.log(
                `${name} is left as it is: it is the only one, and calls would be lost without it; gateway: { replicas: 2 } in mesh.yaml lets it be replaced too`,
              );
            break;
          case 'restarted':
            bar?.log(`${reply.name} is restarted`);
            bar?.tick();
            break;
          case 'refused':
            throw new UsageError(reply.message);
          case 'done':
            isDone = true;
        }
      }
    } finally {
      bar?.end();
    }
    if (!isDone) throw new UsageError('the mesh ended before all was restarted');
  },
};
