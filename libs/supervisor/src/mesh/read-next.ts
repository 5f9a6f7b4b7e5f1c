/** The state of a folder that is to be served next. */
import { formatProblem, type Mesh, type MeshReading } from '@sheaf/mesh';

/** Reads it; what it throws leaves all as it is. */
export type ReadNext = () => Promise<Mesh>;

/** All of a folder; throws with its mistakes. */
export const wholeOf = ({ mesh, problems }: MeshReading): Mesh => mesh ?? mistaken(problems);

/** What of a folder is whole; throws with its mistakes where nothing can be served. */
export const servableOf = ({ servable, problems }: MeshReading): Mesh => servable ?? mistaken(problems);

function mistaken(problems: MeshReading['problems']): never {
  throw new Error(problems.map(formatProblem).join('\n'));
}
