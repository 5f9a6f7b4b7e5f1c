import type { TransformPlace } from '@sheaf/runtime';
import type { Mesh, MeshTransform, SecretPlace, Service } from '../mesh.ts';

type Around = Pick<Mesh, 'folder' | 'services' | 'secret' | 'withheld'>;

/** A transform and what it is run with: the rights of its service. */
export function transformPlace(
  { folder, services, secret, withheld = [] }: Around,
  { name, file, content }: Pick<MeshTransform, 'name' | 'file' | 'content'>,
): TransformPlace {
  const service = services.find(({ transforms }) => transforms.includes(name));
  return {
    name,
    file,
    // The code of a version in a registry is a folder of its own.
    folder: content?.folder ?? folder,
    withheld,
    service: service?.name ?? name,
    rights: service?.rights ?? {},
    env: service?.env ?? [],
    withheldEnv: [secret, ...services.map(tokenPlace)].flatMap((place) => (place && 'env' in place ? [place.env] : [])),
  };
}

export const tokenPlace = ({ sent }: Pick<Service, 'sent'>): SecretPlace | undefined => sent?.token?.place;
