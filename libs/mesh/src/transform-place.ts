import type { TransformPlace } from '@sheaf/runtime';
import type { Mesh, Service } from './mesh.ts';

type Around = Pick<Mesh, 'folder' | 'services' | 'gateway' | 'tls' | 'secret'>;

/** A transform and what it is run with: the rights of its service. */
export function transformPlace(
  mesh: Around,
  { name, file }: { readonly name: string; readonly file: string },
): TransformPlace {
  const { folder, services } = mesh;
  const service = services.find(({ transforms }) => transforms.includes(name));
  const withheld = secretFiles(mesh);
  return {
    name,
    file,
    folder,
    withheld,
    service: service?.name ?? name,
    rights: service?.rights ?? {},
    env: service?.env ?? [],
  };
}

/** The files that mesh.yaml names as private keys, tokens and its secret. */
function secretFiles({ gateway, tls, secret, services }: Around): string[] {
  const keys = [
    gateway.tls?.key,
    tls?.key,
    secret && 'file' in secret ? secret.file : undefined,
    ...services.flatMap(secretsOf),
  ];
  return keys.filter((file) => file !== undefined);
}

function secretsOf({ tls, sent }: Service): (string | undefined)[] {
  const place = sent?.token?.place;
  return [tls?.key, place && 'file' in place ? place.file : undefined];
}
