export type { Admit, Knock, Peer } from './admission.ts';
export { createDoor, type Door, type DoorOptions, type Served } from './door.ts';
export { createRemote, type Remote, type Transport } from './remote.ts';
