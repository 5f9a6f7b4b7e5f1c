import { moveAlias, pushVersion } from '@sheaf/registry';
import type { VersionMessage } from '@sheaf/transport';
import type { RegistryAction, RegistryPlace } from '../action.ts';
import { findSource } from '../import/source.ts';
import { pushedText } from '../print.ts';
import { withBar } from '../pushing.ts';
import { apartFromSignature } from '../signatures.ts';

export const importAll: RegistryAction = {
  usage: '<folder>',
  summary: 'bring all versions of all models in a mesh folder or a Triton repository, the oldest first',
  options: { promote: { type: 'boolean' } },
  help: `    --promote            make the newest version of each the champion, where there is none yet
    of a Triton repository config.pbtxt becomes model.yaml; what has no like here is told`,
  words: [1, 1],
  kinds: ['model'],
  async run(place, [source = ''], { json, promote }) {
    const { models, notes } = await findSource(source);
    for (const note of notes) console.error(`note: ${note}`);
    const all: VersionMessage[] = [];
    for (const { name, versions } of models) {
      let newest: VersionMessage | undefined;
      for (const brought of versions) {
        const { files, signature } = await apartFromSignature(brought);
        const pushed = await withBar(`of ${name}`, (onProgress) =>
          pushVersion(place.calls, { kind: 'model', name, files, signature, said: {} }, onProgress),
        );
        if (!json) console.log(pushedText(pushed));
        newest = pushed.version;
        all.push(newest);
      }
      if (promote === true && newest) await promoteFirst(place, newest);
    }
    if (json) console.log(JSON.stringify(all));
  },
};

/** Only where nobody has chosen yet. */
async function promoteFirst({ calls, kind }: RegistryPlace, { name, version }: VersionMessage): Promise<void> {
  const { aliases } = await calls.listAliases({ kind, name });
  if (aliases.some(({ alias }) => alias === 'champion')) return;
  const to = String(version);
  await moveAlias(calls, { kind, name, alias: 'champion', to, why: 'imported', evidence: '', force: false });
}
