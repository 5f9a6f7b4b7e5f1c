/** What lies where in an OCI image layout. */
export const markerFile = 'oci-layout';
export const marker = JSON.stringify({ imageLayoutVersion: '1.0.0' });
export const indexFile = 'index.json';

/** Of a digest that has been checked, from the folder of the layout, with `/`. */
export const blobFile = (digest: string): string => `blobs/sha256/${digest.slice('sha256:'.length)}`;

/** Whether a path is of a file that a layout may hold. */
export const isLayoutFile = (path: string): boolean =>
  path === markerFile || path === indexFile || /^blobs\/sha256\/[0-9a-f]{64}$/.test(path);
