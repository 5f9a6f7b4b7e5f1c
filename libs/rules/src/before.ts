import {
  createTensor,
  elementCount,
  InferError,
  type Parameter,
  packBytes,
  type RequestContent,
  type Tensor,
  unpackBytes,
} from '@sheaf/inference';
import type { Decision } from './decision.ts';
import { isReadable, type Variables } from './environment.ts';
import { checkExpression, type Evaluate, ExpressionError } from './expression.ts';
import type { RuleMistake } from './mistake.ts';
import type { BeforeRule, Refusal } from './spec.ts';

/** What is declared for expressions over a request: the pipeline's context, and of each input its shape, size and bytes. */
export function requestVariables(context: Variables, inputs: readonly { readonly name: string }[]): Variables {
  const tensor = { shape: 'list<int>', size: 'int', bytes: 'int' } as const;
  return { context, inputs: Object.fromEntries(inputs.map(({ name }) => [name, tensor])) };
}

/** The values of {@link requestVariables}; nothing here looks into a tensor. */
export function requestValues(context: Readonly<Record<string, unknown>>, inputs: readonly Tensor[]) {
  const facts = inputs
    .filter(({ name }) => isReadable(name))
    .map(({ name, shape, data }): [string, object] => [
      name,
      { shape: shape.map(BigInt), size: BigInt(elementCount(shape)), bytes: BigInt(data.byteLength) },
    ]);
  return { context, inputs: Object.fromEntries(facts) };
}

export interface BeforeResult {
  readonly request: RequestContent;
  /** `pipeline` or `pipeline/version`. */
  readonly reroute: string | undefined;
  readonly decisions: readonly Decision[];
}

type CompiledBefore = BeforeRule & { readonly condition: Evaluate<'bool'> | undefined };

/** Decides about a request; `contextOf` is asked again after a rule has set a parameter. */
export type BeforeRules = (
  request: RequestContent,
  contextOf: (request: RequestContent) => Readonly<Record<string, unknown>>,
) => BeforeResult;

/** `version` is that of what the rules belong to, which a refusal tells. The rules in their order, or a mistake for each that cannot be compiled. */
export function compileBefore(
  rules: readonly BeforeRule[],
  variables: Variables,
  openInputs: ReadonlySet<string>,
  version: string,
): BeforeRules | RuleMistake[] {
  const compiled: CompiledBefore[] = [];
  const mistakes: RuleMistake[] = [];
  for (const [index, rule] of rules.entries()) {
    const condition = rule.when && checkExpression(rule.when, variables, 'bool');
    if (typeof condition === 'string') mistakes.push({ index, path: ['when'], message: condition });
    else compiled.push({ ...rule, condition });
    if (rule.kind === 'cap-rows' && openInputs.size === 0)
      mistakes.push({ index, path: ['cap-rows'], message: 'no input has an open first dimension' });
  }
  return mistakes.length > 0
    ? mistakes
    : (request, contextOf) => decide(compiled, openInputs, request, contextOf, version);
}

function decide(
  rules: readonly CompiledBefore[],
  openInputs: ReadonlySet<string>,
  received: RequestContent,
  contextOf: Parameters<BeforeRules>[1],
  version: string,
): BeforeResult {
  let request = received;
  const decisions: Decision[] = [];
  for (const rule of rules) {
    try {
      if (rule.condition && !rule.condition(requestValues(contextOf(request), request.inputs))) {
        decisions.push({ rule: rule.name, action: rule.kind, outcome: 'passed' });
        continue;
      }
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      decisions.push({ rule: rule.name, action: rule.kind, outcome: 'failed', why: error.message });
      if (rule.shadow) continue;
      // Whoever wrote the rule wanted the call looked at: one that could not be is not let through.
      throw refused(rule.name, version, {
        code: 'PERMISSION_DENIED',
        reason: 'RULE_FAILED',
        message: 'it could not be evaluated for this request',
      });
    }
    decisions.push({ rule: rule.name, action: rule.kind, outcome: rule.shadow ? 'would-act' : 'acted' });
    if (rule.shadow) continue;
    if (rule.kind === 'reroute') return { request, reroute: rule.reroute, decisions };
    if (rule.kind === 'refuse') throw refused(rule.name, version, rule.refuse);
    request = act(rule, openInputs, request);
  }
  return { request, reroute: undefined, decisions };
}

function act(
  rule: Exclude<CompiledBefore, { kind: 'reroute' | 'refuse' }>,
  open: ReadonlySet<string>,
  request: RequestContent,
) {
  switch (rule.kind) {
    case 'set':
      return { ...request, parameters: new Map<string, Parameter>([...request.parameters, ...rule.set]) };
    case 'cap-rows':
      return {
        ...request,
        inputs: request.inputs.map((input) => (open.has(input.name) ? firstRows(input, rule['cap-rows']) : input)),
      };
  }
}

function firstRows(tensor: Tensor, rows: number): Tensor {
  const { shape, datatype, data } = tensor;
  const [has = 0, ...others] = shape;
  if (has <= rows) return tensor;
  const kept = [rows, ...others];
  if (datatype === 'BYTES')
    return createTensor({ ...tensor, shape: kept, data: packBytes(unpackBytes(data).slice(0, elementCount(kept))) });
  return createTensor({ ...tensor, shape: kept, data: data.subarray(0, (data.byteLength / has) * rows) });
}

export const refused = (rule: string, version: string, { code, reason, message }: Refusal): InferError =>
  new InferError(code, `rule ${rule}: ${message}`, {
    reason,
    metadata: { rule_id: rule, rule_version: version },
    decision: `rule:${rule}`,
  });
