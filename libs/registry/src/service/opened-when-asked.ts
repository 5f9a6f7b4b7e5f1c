/** A service that is opened with its first call, so that who never asks it pays for nothing. */
import type { RegistryService } from '@sheaf/transport';
import type { Registry } from '../registry.ts';
import type { PushPorts } from './push/push.ts';
import { createRegistryService } from './registry-service.ts';

export interface OpenedWhenAsked {
  readonly service: RegistryService;
  /** The registry, opened if it is not. */
  readonly registry: () => Promise<Registry>;
  close(): Promise<void>;
}

/** What cannot be opened is told to whoever asks, and tried again with the next call. */
export function openWhenAsked(
  open: () => Promise<Registry>,
  portsOf: (registry: Registry) => Omit<PushPorts, 'registry'> = () => ({}),
): OpenedWhenAsked {
  let opening: Promise<{ readonly registry: Registry; readonly service: RegistryService }> | undefined;
  const opened = () => {
    opening ??= open()
      .then((registry) => ({ registry, service: createRegistryService({ registry, ...portsOf(registry) }) }))
      .catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
    return opening;
  };
  const once =
    <Name extends Exclude<keyof RegistryService, 'push' | 'download' | 'watch'>>(name: Name) =>
    async (...args: readonly unknown[]): Promise<unknown> => {
      const { service } = await opened();
      return (service[name] as (...given: readonly unknown[]) => Promise<unknown>)(...args);
    };
  const streamed = (name: 'push' | 'download' | 'watch') =>
    async function* (...args: readonly unknown[]): AsyncGenerator<unknown, void, undefined> {
      const { service } = await opened();
      yield* (service[name] as (...given: readonly unknown[]) => AsyncIterable<unknown>)(...args);
    };
  const service: Readonly<Record<keyof RegistryService, unknown>> = {
    push: streamed('push'),
    download: streamed('download'),
    watch: streamed('watch'),
    listEntries: once('listEntries'),
    listVersions: once('listVersions'),
    getVersion: once('getVersion'),
    addSignature: once('addSignature'),
    quarantineVersion: once('quarantineVersion'),
    releaseVersion: once('releaseVersion'),
    deleteVersion: once('deleteVersion'),
    prune: once('prune'),
    listAliases: once('listAliases'),
    getAliasAt: once('getAliasAt'),
    moveAlias: once('moveAlias'),
    freezeAlias: once('freezeAlias'),
    listHistory: once('listHistory'),
    listAudit: once('listAudit'),
    startRollout: once('startRollout'),
    getRollout: once('getRollout'),
    tellRollout: once('tellRollout'),
    reportEvidence: once('reportEvidence'),
  };
  return {
    service: service as RegistryService,
    registry: async () => (await opened()).registry,
    close: async () => {
      const known = await opening?.catch(() => undefined);
      await known?.registry.close();
    },
  };
}
