import { type Path, Problems } from '@sheaf/document';
import type { Problem } from './spec.ts';
import { describeTarget, type Target } from './target.ts';

/** Problems of a pipeline, some of which are that a target is not there. */
export class PipelineProblems extends Problems {
  declare readonly list: Problem[];

  /** A wire into several steps is looked at once for each; what is wrong with it is told once. */
  addOnce(path: Path, message: string): void {
    const told = this.list.some((problem) => problem.message === message && String(problem.path) === String(path));
    if (!told) this.add(path, message);
  }

  missing(path: Path, target: Target): void {
    this.list.push({ path, message: `there is no ${describeTarget(target)}`, target });
  }
}
