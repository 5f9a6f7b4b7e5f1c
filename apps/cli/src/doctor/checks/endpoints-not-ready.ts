import { type Check, finding, some } from '../finding.ts';

/** Of services of others too, which no process of ours tells of. */
export const endpointsNotReady: Check = ({ gateway }) =>
  (gateway?.configuration.services ?? []).flatMap(({ name, endpoints, ready }) => {
    const down = endpoints.filter((endpoint) => !endpoint.ready).map(({ target }) => target);
    if (down.length === 0 && ready) return [];
    const where = down.length > 0 ? ` at ${some(down)}` : '';
    return [
      finding(
        ready ? 'warning' : 'error',
        `service ${name} is not ready${where}`,
        'sheaf admin config tells which models that is',
      ),
    ];
  });
