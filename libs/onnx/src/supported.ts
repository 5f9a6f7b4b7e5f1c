/** What ONNX Runtime 1.30 loads, found by trying; what is beyond is told before anything is started. */
import { refuse } from './refusal.ts';
import { intField, type Message, messagesField, stringField } from './wire.ts';

const irVersionMax = 13;

/** The newest operator set of each domain that the runtime has operators of. */
const opsetsMax: ReadonlyMap<string, number> = new Map([
  ['', 26],
  ['ai.onnx.ml', 5],
  ['ai.onnx.training', 1],
  ['ai.onnx.preview.training', 1],
  ['com.microsoft', 1],
  ['com.microsoft.nchwc', 1],
  ['com.microsoft.experimental', 1],
  ['com.ms.internal.nhwc', 26],
  ['org.pytorch.aten', 1],
]);

/** ONNX's own domain has two names. */
export const domainOf = (name: string): string => (name === 'ai.onnx' ? '' : name);
const shownDomain = (domain: string): string => domain || 'ai.onnx';

/** Throws FAILED_PRECONDITION for what the runtime has not, by name. `nodes` are all of them, wherever they stand. */
export function checkSupported(model: Message, nodes: readonly Message[]): void {
  const irVersion = intField(model, 1);
  if (irVersion > irVersionMax)
    throw refuse(
      `the file has ONNX IR version ${irVersion}; the runtime reads up to ${irVersionMax}; save it with ir_version=${irVersionMax} or less`,
    );
  const opsets = new Map(messagesField(model, 8).map((opset) => [domainOf(stringField(opset, 1)), intField(opset, 2)]));
  for (const [domain, version] of opsets) {
    const max = opsetsMax.get(domain);
    if (max !== undefined && version > max)
      throw refuse(
        `the model is of operator set ${version} of the domain "${shownDomain(domain)}"; the runtime has up to ${max}; export it with opset ${max} or less`,
      );
  }
  const own = new Set(
    messagesField(model, 25).map((made) => `${domainOf(stringField(made, 10))}:${stringField(made, 1)}`),
  );
  const foreign = new Map<string, Set<string>>();
  for (const node of nodes) {
    const domain = domainOf(stringField(node, 7));
    const op = stringField(node, 4);
    if (opsetsMax.has(domain) || own.has(`${domain}:${op}`)) continue;
    foreign.set(domain, (foreign.get(domain) ?? new Set()).add(op));
  }
  const [first] = foreign;
  if (!first) return;
  const [domain, ops] = first;
  const known = [...opsetsMax.keys()].map(shownDomain).join(', ');
  throw refuse(
    `the model needs ${[...ops].slice(0, 8).join(', ')} of the domain "${domain}", which the runtime has not; its domains are ${known}`,
  );
}
