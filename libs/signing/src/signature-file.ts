/** Where a signature lies, and which files it is not about. */

/** The signature of a version lies beside its files under this name, which is the one that the stock tool gives it. */
export const signatureFile = 'model.sig';

/** A line of 150 bytes for each of 10,000 files, as base64, with room for long paths. */
export const signatureBytesMax = 8 * 2 ** 20;

/** What the stock tool leaves out of every signature, with everything below it. */
export const gitPaths = ['.git', '.gitattributes', '.github', '.gitignore'] as const;

/** Whether a file of a folder, by its path from there, is one that a signature covers. */
export const isSignable = (path: string): boolean =>
  path !== signatureFile && !gitPaths.some((left) => path === left || path.startsWith(`${left}/`));
