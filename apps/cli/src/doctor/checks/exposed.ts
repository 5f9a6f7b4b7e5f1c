import { isLoopback } from '@sheaf/inference';
import { type Check, finding } from '../finding.ts';

export const exposed: Check = ({ gateway, mesh }) => {
  const host = gateway?.configuration.gateway.host ?? mesh?.gateway.host;
  if (host === undefined || isLoopback(host)) return [];
  const tls = gateway ? gateway.configuration.gateway.tls : mesh?.gateway.tls;
  const policies = gateway ? gateway.configuration.policies : mesh?.policies;
  return [
    ...(tls
      ? []
      : [
          finding(
            'warning',
            `the gateway listens on ${host} in plain text: keys and requests can be read on the way`,
            'sheaf certs, and gateway: { tls: ... } in mesh.yaml; or TLS in a proxy before it',
          ),
        ]),
    ...(policies
      ? []
      : [finding('error', `the gateway listens on ${host} and asks nobody who they are`, 'write a policies.yaml')]),
  ];
};
