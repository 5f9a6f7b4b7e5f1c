/** ModelPack, the CNCF's form of models as OCI artifacts: what its parts are called. */

export const indexType = 'application/vnd.oci.image.index.v1+json';
export const manifestType = 'application/vnd.oci.image.manifest.v1+json';
export const artifactType = 'application/vnd.cncf.model.manifest.v1+json';
export const configType = 'application/vnd.cncf.model.config.v1+json';

/** A signature of the model's files, as Sigstore calls it. */
export const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** Where the file of a layer goes: by ModelPack, and by `oras`, which writes only what has a title. */
export const pathAnnotation = 'org.cncf.model.filepath';
export const titleAnnotation = 'org.opencontainers.image.title';
/** `oras` has packed a folder. */
export const unpackAnnotation = 'io.deis.oras.content.unpack';
/** The tag of a manifest in an image layout. */
export const refNameAnnotation = 'org.opencontainers.image.ref.name';

type Part = 'weight' | 'weight.config' | 'doc' | 'code';

/** A file as it is: model files hardly get smaller, and the digest of the layer is that of the file. */
const rawType = (part: Part): string => `application/vnd.cncf.model.${part}.v1.raw`;

const parts: readonly (readonly [RegExp, Part])[] = [
  [/(^|\/)(README|LICENSE|NOTICE)[^/]*$|\.md$/i, 'doc'],
  [/\.(ts|mts|cts|js|mjs|cjs|py)$/, 'code'],
  [/\.(yaml|yml|json|txt|csv)$/, 'weight.config'],
];

/** What a file of a version is called as a layer; what is not known by its name is weights. */
export function layerTypeOf(path: string, signatureFile: string): string {
  if (path === signatureFile) return bundleType;
  return rawType(parts.find(([pattern]) => pattern.test(path))?.[1] ?? 'weight');
}

export type Compression = 'none' | 'gzip' | 'zstd';

/** How the files of a layer lie in it. */
export type LayerForm = { readonly kind: 'file' } | { readonly kind: 'tar'; readonly compression: Compression };

const tarForm = /\.tar(?:\+(gzip|zstd))?$/;

/** The form of a layer by its media type and, of what `oras` has pushed, its annotations. */
export function layerFormOf(mediaType: string, annotations: Readonly<Record<string, string>>): LayerForm {
  const isModelPack = /^application\/vnd\.cncf\.model\./.test(mediaType);
  const isPacked = isModelPack ? tarForm.test(mediaType) : annotations[unpackAnnotation] === 'true';
  if (!isPacked) return { kind: 'file' };
  const compression = tarForm.exec(mediaType)?.[1] ?? 'none';
  return { kind: 'tar', compression: compression as Compression };
}
