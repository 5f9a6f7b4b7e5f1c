import { pushArtifact } from '@sheaf/oci';
import type { OptionValues } from '../command.ts';
import type { RegistryPlace } from './action.ts';
import { hostOptionsOf } from './artifact-hosts.ts';
import { versionOf } from './typed.ts';
import { artifactOf } from './version-artifact.ts';

/** A version goes to a registry of artifacts. */
export async function pushOut(
  place: RegistryPlace,
  text: string,
  reference: string,
  values: OptionValues,
): Promise<void> {
  const options = await hostOptionsOf(reference, values);
  const version = await place.calls.getVersion({ kind: place.kind, ...versionOf(text) });
  const { digest } = await pushArtifact(await artifactOf(place, version), reference, options);
  if (values['json']) return console.log(JSON.stringify({ reference, digest }));
  console.log(`${version.name}/${version.version} is ${reference}: ${digest}`);
}
