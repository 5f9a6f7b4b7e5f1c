/** The manifest of an artifact: its configuration and its layers. */
import { type Descriptor, descriptorIn, fieldsIn, parseJson, textsIn } from './descriptor.ts';
import { artifactType, manifestType } from './media-types.ts';
import { refuse } from './refuse.ts';

export interface ImageManifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
}

export const encodeManifest = ({ config, layers, annotations }: ImageManifest): Buffer =>
  Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: manifestType, artifactType, config, layers, annotations }));

/** Configurations of containers, whose layers are a file system. */
const imageConfigs = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
] as const;

/** Reads a manifest. Throws FAILED_PRECONDITION where it is none, or is of a container and no artifact. */
export function parseManifest(bytes: Uint8Array): ImageManifest {
  const {
    schemaVersion,
    config,
    layers,
    annotations = {},
    artifactType,
  } = fieldsIn(parseJson(bytes, 'manifest'), 'manifest');
  if (schemaVersion !== 2) throw refuse('manifest.schemaVersion: want 2');
  if (!Array.isArray(layers)) throw refuse('manifest.layers: want a list');
  const described = descriptorIn(config, 'manifest.config');
  if (artifactType === undefined && imageConfigs.some((type) => type === described.mediaType))
    throw refuse('want a model as an artifact, got the image of a container');
  return {
    config: described,
    layers: layers.map((layer, at) => descriptorIn(layer, `manifest.layers[${at}]`)),
    annotations: textsIn(annotations, 'manifest.annotations'),
  };
}

/** The manifests that an index lists. */
export function parseIndex(bytes: Uint8Array): readonly Descriptor[] {
  const { manifests } = fieldsIn(parseJson(bytes, 'index'), 'index');
  if (!Array.isArray(manifests)) throw refuse('index.manifests: want a list');
  return manifests.map((manifest, at) => descriptorIn(manifest, `index.manifests[${at}]`));
}
