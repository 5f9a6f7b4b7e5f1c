import { printable } from '@sheaf/terminal';
import { serverHelp, serverOf, serverOptions } from '../asking/server-options.ts';
import type { Command } from '../command.ts';
import { findingsOf, lookAt } from '../doctor/examine.ts';
import { addressOf } from '../doctor/gather/processes.ts';
import { checkMeshFolder } from '../folder-state.ts';

export const doctor: Command = {
  usage: 'doctor [folder]',
  summary: 'look at a running mesh and its folder as an expert would, and say what to do',
  options: { ...serverOptions, json: { type: 'boolean' } },
  help: `Each finding is a line: how bad it is, what was seen, and what to do; the most important first. Exit code 1 when there is more than
notes. It changes nothing, and is for the machine that the mesh runs on; the gateway wants a key of the role observe, or admin for what
it tells of keys. Its address is the one of the mesh that runs from the folder, unless given. How the clocks of somebody else's servers
stand it cannot tell, since gRPC says nothing of the time: look there yourself.
${serverHelp}
  --json               as JSON`,
  async run([folder = '.'], values) {
    await checkMeshFolder(folder);
    const running = values['address'] === undefined ? await addressOf(folder) : undefined;
    const asked = serverOf(running === undefined ? values : { ...values, address: running });
    const findings = findingsOf(await lookAt(folder, asked));
    if (values['json']) console.log(JSON.stringify(findings));
    else if (findings.length === 0) console.log('nothing was found');
    else for (const { severity, seen, todo } of findings) console.log(printable(`${severity}: ${seen} -> ${todo}`));
    if (findings.some(({ severity }) => severity !== 'note')) process.exitCode = 1;
  },
};
