export {
  type AfterResult,
  type AfterRules,
  compileAfter,
  type OutputRows,
  outputsOf,
} from './after.ts';
export { type BeforeResult, type BeforeRules, compileBefore, requestValues, requestVariables } from './before.ts';
export type { Decision } from './decision.ts';
export { type CelType, expressionLimits, isReadable, type Variables } from './environment.ts';
export {
  checkExpression,
  type Evaluate,
  type Expression,
  ExpressionError,
  parseExpression,
  type Wanted,
} from './expression.ts';
export type { RuleMistake } from './mistake.ts';
export {
  type AfterRule,
  afterVariants,
  type BeforeRule,
  beforeVariants,
  expression,
  type Refusal,
  type RuleSet,
  ruleSet,
} from './spec.ts';
export { listType, toList } from './values.ts';
