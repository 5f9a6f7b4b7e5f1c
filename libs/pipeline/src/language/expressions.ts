import type { Path } from '@sheaf/document';
import type { Expression } from '@sheaf/rules';
import type { Reference } from './spec.ts';

/** An expression of a step, with its place in the document. */
export interface PlacedExpression {
  readonly expression: Expression;
  readonly path: Path;
  readonly wanted: 'bool' | 'number';
}

/** `stages.locate.boxes` in an expression, as a reference. */
export const stageReads = ({ reads }: Expression): Reference[] =>
  reads.flatMap(([root, stage, name]) =>
    root === 'stages' && stage !== undefined && name !== undefined ? [{ stage, name, optional: true }] : [],
  );

/** Whether an expression looks at what callers sent. */
export const readsInputs = ({ reads }: Expression): boolean => reads.some(([root]) => root === 'inputs');
