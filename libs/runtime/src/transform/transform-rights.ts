/** What a transform may do, as the flags of Node's permission model. */

/** What mesh.yaml grants the transforms of a service beyond reading their folder and packages. Nothing unless told. */
export interface TransformRights {
  /** Connect, listen and look up names. */
  readonly network?: boolean | undefined;
  /** Load native add-ons, which may do whatever they like. */
  readonly addons?: boolean | undefined;
  /** All that the user may who runs the mesh. */
  readonly trusted?: boolean | undefined;
}

/** A transform, and what it is run with. */
export interface TransformPlace {
  readonly name: string;
  /** Absolute. */
  readonly file: string;
  /** Its mesh folder, absolute. */
  readonly folder: string;
  /** Files and folders in it that hold secrets, absolute, there or not: no transform reads them. */
  readonly withheld: readonly string[];
  /** The service in mesh.yaml that runs it. */
  readonly service: string;
  readonly rights: TransformRights;
  /** Variables of the environment that its service gets by name. */
  readonly env: readonly string[];
  /** Variables that hold secrets of the mesh: no transform sees them, unless `env` names them too. */
  readonly withheldEnv: readonly string[];
}

/** Built-in modules that the permission model of this Node does not hold: `node:sqlite` writes any file under it. */
const withoutModules = ['--no-experimental-sqlite', '--no-experimental-ffi'];

/** `readable` are absolute paths; folders end with a separator and stand for all that is in them. */
export function permissionFlags({ network, addons, trusted }: TransformRights, readable: readonly string[]): string[] {
  if (trusted) return [];
  return [
    '--permission',
    ...readable.map((path) => `--allow-fs-read=${path}`),
    ...(network ? ['--allow-net'] : []),
    ...(addons ? ['--allow-addons'] : []),
    // For the thread of our own that ends the process with its parent; dropped before the transform is loaded.
    '--allow-worker',
    '--disable-warning=PERM0006',
    ...withoutModules,
  ];
}
