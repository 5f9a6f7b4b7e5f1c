import { elements, type Limits, tensorOf } from '@sheaf/inference';
import { ask, createRemote } from '@sheaf/transport';

/** Held-out rows as each kind of scanner sees them, and what they really are: 0 benign, 1 malignant. */
export interface Cases {
  readonly labels: readonly number[];
  readonly rows: Readonly<Record<Context, readonly (readonly number[])[]>>;
}

const contexts = ['standard', 'low-resolution'] as const;
type Context = (typeof contexts)[number];

export interface Figures {
  readonly accuracy: number;
  /** Natural logarithm. */
  readonly logLoss: number;
}

/** Each member alone, then what the pipelines make of them. */
const asked = ['risk-forest', 'risk-linear', 'risk-shape', 'vote-risk', 'stack-risk', 'assess-risk'];
/** Its classes are the other way round. */
const reversed = 'risk-shape';

/** Asks the mesh at `target` about all rows in one request, for each context and model or pipeline. */
export async function assess(target: string, limits: Limits, { labels, rows }: Cases) {
  const clients = contexts.map((context) => ({
    context,
    gateway: createRemote(target, { service: 'gateway', limits, metadata: { 'x-scanner': context } }),
  }));
  try {
    const results: { name: string; contexts: Figures[] }[] = [];
    for (const name of asked) {
      const own: Figures[] = [];
      for (const { context, gateway } of clients) {
        const data = Float32Array.from(rows[context].flat());
        const features = tensorOf('features', 'FP32', [labels.length, data.length / labels.length], data);
        const { response } = await ask(gateway, name, [features]);
        const [output] = response.outputs;
        if (!output) throw new Error(`${name} gave no output`);
        const values = elements({ ...output, datatype: 'FP32' });
        const malignant = labels.map((_, row) => values[2 * row + (name === reversed ? 0 : 1)] ?? Number.NaN);
        own.push(figuresOf(malignant, labels));
      }
      results.push({ name, contexts: own });
    }
    return results;
  } finally {
    for (const { gateway } of clients) gateway.close();
  }
}

/** `malignant`: the probability of each row. */
function figuresOf(malignant: readonly number[], labels: readonly number[]): Figures {
  const own = malignant.map((p, row) => (labels[row] === 1 ? p : 1 - p));
  const right = own.filter((p) => p > 0.5).length;
  const loss = own.reduce((sum, p) => sum - Math.log(Math.max(p, 1e-7)), 0);
  return { accuracy: right / own.length, logLoss: loss / own.length };
}
