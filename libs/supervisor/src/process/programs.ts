/** The programs that the processes of a mesh run. Whoever composes a mesh says where they are: a room reaches into no app. */
export interface Programs {
  readonly gateway: URL;
  readonly modelServer: URL;
  /** Undefined: no process does what waits for later. */
  readonly worker?: URL | undefined;
}
