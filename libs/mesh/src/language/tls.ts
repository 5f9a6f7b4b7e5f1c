/** The `tls` keys of mesh.yaml. */
import {
  checked,
  choice,
  either,
  optional,
  type Reader,
  record,
  required,
  scalar,
  type ValueOf,
  withDefault,
} from '@sheaf/document';
import { pemFile } from './common.ts';

export const serverTlsFields = {
  certificate: required(pemFile, 'Its certificate, with those between it and its authority.'),
  key: required(pemFile, 'The private key of the certificate, without a passphrase.'),
  clientCa: optional(
    pemFile,
    'The authorities that vouch for certificates of callers. Default: nobody is asked for one.',
  ),
  certificates: withDefault(
    choice(['asked', 'required']),
    'asked',
    'With `required`, whoever shows no certificate of `clientCa` is refused in the handshake, probes of health too.',
  ),
};

/** Of the gateway, for callers. */
export const serverTls = checked(
  record(serverTlsFields),
  ({ certificates, clientCa }, path, problems) => {
    if (certificates === 'required' && clientCa === undefined)
      problems.add(
        [...path, 'certificates'],
        'want clientCa with it: who vouches for the certificates that are required',
      );
  },
  { anyOf: [{ properties: { certificates: { const: 'asked' } } }, { required: ['clientCa'] }] },
);

export const meshTlsFields = {
  ca: required(pemFile, 'The authorities of the mesh, of no caller.'),
  certificate: required(
    pemFile,
    'What each process shows; good for clients and servers, with the hosts at which services are asked.',
  ),
  key: required(pemFile, 'The private key of the certificate, without a passphrase.'),
};

/** Between the gateway and its own services. */
export const meshTls = record(meshTlsFields);

export const foreignTlsFields = {
  ca: optional(pemFile, 'The authorities that vouch for the server. Default: those that everybody trusts.'),
  certificate: optional(pemFile, 'What the gateway shows, where the server asks who it is.'),
  key: optional(pemFile, 'The private key of the certificate, without a passphrase.'),
};

const foreignFiles = checked(
  record(foreignTlsFields),
  ({ certificate, key }, path, problems) => {
    if ((certificate === undefined) !== (key === undefined))
      problems.add(path, `want certificate, key; there is no ${key === undefined ? 'key' : 'certificate'}`);
  },
  { dependentRequired: { certificate: ['key'], key: ['certificate'] } },
);

const yes: Reader<true> = scalar('true', (value): value is true => value === true, { const: true });

/** Towards somebody else's server; `true` is TLS without files of ours. */
export const foreignTls = either((value) => value === true, yes, foreignFiles);

export type ServerTlsGiven = ValueOf<typeof serverTls>;
export type MeshTlsGiven = ValueOf<typeof meshTls>;
export type ForeignTlsGiven = ValueOf<typeof foreignTls>;
