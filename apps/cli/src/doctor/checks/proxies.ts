import { type Check, finding } from '../finding.ts';

const names = ['grpc_proxy', 'http_proxy', 'https_proxy', 'all_proxy'];

/** Services of others, key sets and collectors are asked through a proxy, unless no_proxy has them. */
export const proxies: Check = ({ env, mesh }) => {
  const set = [...names, ...names.map((name) => name.toUpperCase())].filter((name) => env[name]);
  const isAsking = mesh?.services.some(({ endpoint }) => endpoint) ?? false;
  if (set.length === 0 || !isAsking || env['no_proxy'] || env['NO_PROXY'] || env['no_grpc_proxy']) return [];
  return [
    finding(
      'note',
      `servers of others are asked through the proxy of ${set.join(', ')}`,
      'NO_PROXY=<host>,... for those that are to be asked directly',
    ),
  ];
};
