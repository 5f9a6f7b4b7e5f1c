import { type Check, finding } from '../finding.ts';

export const silentGateway: Check = ({ silence, processes, folder }) => {
  if (!silence) return [];
  const isUp = processes.length > 0;
  const todo = isUp
    ? 'name it with --address, and a key of the role observe or admin with SHEAF_API_KEY'
    : `sheaf up ${folder}`;
  return [finding('error', `no gateway answers at ${silence.address}: ${silence.why}`, todo)];
};
