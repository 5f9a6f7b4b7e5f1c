/** What the doctor is to find, and not to find. */
import { casesOfMachine } from './doctor-cases-machine.ts';
import { casesOfMesh } from './doctor-cases-mesh.ts';
import type { Cases } from './healthy-look.ts';

export const cases: Cases = { ...casesOfMesh, ...casesOfMachine };
