/** Whether there is room for what a push brings: on the disk, and in what its publisher may have. */
import { InferError, trustedCaller } from '@sheaf/inference';
import type { RegistryCaller } from '@sheaf/transport';
import type { Blobs } from '../../blobs/blobs.ts';
import type { RegistryStore } from '../../registry-store.ts';
import type { PushLimits } from './limits.ts';
import type { IncomingFiles } from './uploads.ts';

export interface RoomPorts {
  readonly store: Pick<RegistryStore, 'bytesBy'>;
  readonly blobs: Pick<Blobs, 'freeBytes'>;
  readonly sentBytes: (by: string) => Promise<number>;
}

export interface Room {
  /** Keeps room for what is to come until what it answers is called. Throws RESOURCE_EXHAUSTED where there is none. */
  take(
    { missing }: Pick<IncomingFiles, 'missing'>,
    pusher: Pick<RegistryCaller, 'principal'> & { readonly by: string },
    limits: Pick<PushLimits, 'publisherBytesMax' | 'freeBytesMin'>,
  ): Promise<() => void>;
}

export function createRoom({ store, blobs, sentBytes }: RoomPorts): Room {
  /** Of pushes that are under way, what was still to come when they began. */
  const coming = new Map<string, number>();
  const add = (by: string, bytes: number): void => {
    const sum = (coming.get(by) ?? 0) + bytes;
    if (sum === 0) coming.delete(by);
    else coming.set(by, sum);
  };
  return {
    take: async ({ missing }, { by, principal }, { publisherBytesMax, freeBytesMin }) => {
      const bytes = missing.reduce((sum, { sizeBytes, offset }) => sum + sizeBytes - offset, 0);
      if (bytes === 0) return () => {};
      // At once, so that two pushes that begin together see one another.
      add(by, bytes);
      const leave = (): void => add(by, -bytes);
      try {
        const allComing = [...coming.values()].reduce((sum, one) => sum + one, 0);
        if ((await blobs.freeBytes()) - allComing < freeBytesMin)
          throw noRoom(
            'DISK_FULL',
            `files: want room for ${bytes} bytes that leaves ${freeBytesMin} free on the disk of the registry, found less`,
          );
        // Whoever is at the machine may do with its disk as they like.
        if (principal === trustedCaller) return leave;
        const has = (await store.bytesBy(by)) + (await sentBytes(by)) + (coming.get(by) ?? 0);
        if (has > publisherBytesMax)
          throw noRoom(
            'PUBLISHER_FULL',
            `files: want at most ${publisherBytesMax} bytes of one publisher, got ${has} with those that are to come; delete versions, or raise pushes.publisherBytesMax in mesh.yaml`,
          );
        return leave;
      } catch (error) {
        leave();
        throw error;
      }
    },
  };
}

const noRoom = (reason: string, message: string): InferError =>
  InferError.withoutStack('RESOURCE_EXHAUSTED', message, { reason, retryAfterMs: -1 });
