import { type Check, finding } from '../finding.ts';

/** Somebody answers where the mesh would listen, and it is no gateway of ours. */
export const portTaken: Check = ({ silence, processes, mesh }) =>
  silence && processes.length === 0 && mesh && /no gateway|UNIMPLEMENTED|does not speak|HTTP/i.test(silence.why)
    ? [
        finding(
          'error',
          `something else answers at ${silence.address}`,
          `gateway: { port: ... } in mesh.yaml, instead of ${mesh.gateway.port}`,
        ),
      ]
    : [];
