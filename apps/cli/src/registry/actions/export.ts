import { writeLayout } from '@sheaf/oci';
import type { RegistryAction } from '../action.ts';
import { versionOf } from '../typed.ts';
import { artifactOf } from '../version-artifact.ts';

export const exportLayout: RegistryAction = {
  usage: '<name>[/<version>] <new folder or file.tar>',
  summary: 'a version with its signature as an OCI image layout, to be carried anywhere; its tag is the number',
  words: [2, 2],
  async run(place, [text = '', path = ''], { json }) {
    const found = await place.calls.getVersion({ kind: place.kind, ...versionOf(text) });
    const { name, version } = found;
    const { digest } = await writeLayout(await artifactOf(place, found), path, String(version));
    if (json) return console.log(JSON.stringify({ path, tag: String(version), digest }));
    console.log(`${name}/${version} is in ${path}: ${digest}`);
  },
};
