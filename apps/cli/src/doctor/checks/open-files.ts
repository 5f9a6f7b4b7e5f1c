import { type Check, finding } from '../finding.ts';

/** Where mesh.yaml names none. */
const connectionsDefault = 4_096;
/** Files, sockets to services and libraries, beside the connections of callers. */
const ownFiles = 256;

export const openFiles: Check = ({ processes, mesh }) => {
  if (!mesh) return [];
  const { connectionsMax = connectionsDefault } = mesh.gateway;
  const wanted = connectionsMax + ownFiles;
  return processes
    .filter(
      ({ name, openFilesMax }) => /^gateway(-\d+)?$/.test(name) && openFilesMax !== undefined && openFilesMax < wanted,
    )
    .map(({ name, openFilesMax }) =>
      finding(
        'warning',
        `${name} may have ${openFilesMax} files open, and ${connectionsMax} connections`,
        `ulimit -n ${wanted} before sheaf up, or LimitNOFILE=${wanted} of its unit; or gateway: { connectionsMax: ... }`,
      ),
    );
};
