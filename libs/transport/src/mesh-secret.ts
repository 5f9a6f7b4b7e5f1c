/** How the secret of a mesh is shown by a client and asked for by a server. */

/** The header that it stands in, in the scheme that stock clients know (RFC 6750). */
export const secretHeader = 'authorization';

export const shownSecret = (secret: string): string => `Bearer ${secret}`;

/** The reason of refusals for want of it. */
export const secretReason = 'MESH_SECRET';
