/** `registry` of mesh.yaml: which registry says what the mesh serves beside its folder. */
import { checked, integer, mayBeEmpty, optional, record, text, type ValueOf, withDefault } from '@sheaf/document';
import { registryKey } from './secrets.ts';
import { foreignTls } from './tls.ts';

export const registryFields = {
  address: optional(
    text('a gRPC target such as dns:///registry:8100', /^[A-Za-z0-9.:/_[\]-]+$/),
    'Where a registry runs as a process of its own. Default: the registry in the folder of the mesh.',
  ),
  key: optional(
    registryKey,
    'Where the API key is that lets the mesh read it (role `observe`) and report to its rollouts (role `report`).',
  ),
  tls: optional(
    foreignTls,
    'How it is asked by TLS; `true` trusts the authorities that everybody trusts. Default: plain text.',
  ),
  keep: withDefault(
    integer(0, 64),
    2,
    'So many versions that an alias meant before stay loaded, so that a rollback is in force at once.',
  ),
};

export const registry = mayBeEmpty(
  checked(
    record(registryFields),
    (read, path, problems) => {
      for (const key of ['key', 'tls'] as const)
        if (read[key] !== undefined && read.address === undefined)
          problems.add([...path, key], 'want it where there is an address; the registry in the folder needs none');
    },
    { dependentRequired: { key: ['address'], tls: ['address'] } },
  ),
);

export type RegistryGiven = ValueOf<typeof registry>;
