/** Which registry `sheaf models` and `sheaf pipelines` work on: that of a folder, in this process, or one that a server has. */

import { type Principal, roles } from '@sheaf/inference';
import { pushRules, signatureTrust, trialRules } from '@sheaf/mesh';
import { createRegistryService, openRegistry } from '@sheaf/registry';
import { connectRegistry, registryCallsOf } from '@sheaf/transport';
import { createJudge } from '@sheaf/trial';
import { withAdvice } from '../asking/advice.ts';
import { serverHelp, serverOf, serverOptions } from '../asking/server-options.ts';
import { type OptionValues, textOf, UsageError } from '../command.ts';
import { checkMeshFolder, loginName } from '../folder-state.ts';
import type { EntryKind, RegistryPlace } from './action.ts';

export const placeOptions = { folder: { type: 'string' }, json: { type: 'boolean' }, ...serverOptions } as const;

export const placeHelp = `  --folder <folder>    the registry is that of this mesh folder, whether the mesh runs or not; . unless given
  --address <target>   the registry is that of a gateway or of a registry server, and not that of a folder
${serverHelp.split('\n').slice(1).join('\n')}
  --json               as JSON: times are milliseconds since the epoch`;

/** Of calls that are answered once: to delete many versions takes a while. */
const timeoutMs = 60_000;

/** Whoever is at the shell, who may write the folder anyway. */
const atShell = (): Principal => ({
  id: loginName(),
  tenant: 'local',
  roles,
  models: ['*'],
  priority: 'standard',
  claims: {},
});

export async function withRegistry(
  kind: EntryKind,
  values: OptionValues,
  task: (place: RegistryPlace) => Promise<void>,
): Promise<void> {
  const folder = textOf(values['folder']) ?? '.';
  if (values['address'] === undefined) return inFolder(kind, folder, values, task);
  const asked = serverOf(values);
  const { address, metadata, tls } = asked;
  const { calls, close } = connectRegistry(address, { metadata, tls, timeoutMs });
  try {
    await task({ kind, calls, folder, title: address });
  } catch (error) {
    throw withAdvice(error, asked);
  } finally {
    close();
  }
}

async function inFolder(
  kind: EntryKind,
  folder: string,
  values: OptionValues,
  task: (place: RegistryPlace) => Promise<void>,
): Promise<void> {
  const lost = ['key', 'key-file', 'header', 'tls', 'ca', 'cert', 'cert-key'].find(
    (name) => values[name] !== undefined,
  );
  if (lost !== undefined)
    throw new UsageError(`--${lost} wants --address with it: a folder asks nobody for a credential`);
  await checkMeshFolder(folder);
  const registry = await openRegistry(folder);
  try {
    const service = createRegistryService({
      registry,
      judge: createJudge(registry, { policyNow: () => trialRules(folder) }),
      trust: () => signatureTrust(folder),
      limitsNow: () => pushRules(folder),
    });
    const calls = registryCallsOf(service, atShell());
    await task({ kind, calls, folder, title: folder });
  } finally {
    await registry.close();
  }
}
