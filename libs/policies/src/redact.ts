/** Takes out of an answer the names that its caller may not see. What stood there is called `hidden-1`, `hidden-2`, ...: the same for the same name. */
import { type Explanation, type InferError, type InferRequest, parseDecision } from '@sheaf/inference';
import type { Sight } from './sight.ts';

const wordPattern = /[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?/g;
/** What sentences call the parts of pipelines by. */
const labelPattern = /\b(stage|member|branch) ([A-Za-z0-9][A-Za-z0-9._-]*)/g;
/** Members that failed, as the last of a sentence. */
const failedPattern = /\bfailed: .+$/;
/** Transforms, as pipelines write them. */
const filePattern = /\.\/[A-Za-z0-9_./-]+/g;
/** Versions of what is hidden are hidden. */
const versionPattern = /(hidden-\d+)(?:\/[a-z0-9][a-z0-9_-]*|("?) version [a-z0-9][a-z0-9_-]*)/g;

/** Of one answer. */
export class Redaction {
  readonly #sight: Sight;
  readonly #aliases = new Map<string, string>();

  constructor(sight: Sight) {
    this.#sight = sight;
  }

  /** A sentence. */
  text(text: string): string {
    return text
      .replace(filePattern, (file) => (this.#sight.isHidden(file) ? this.#hide(file) : file))
      .replace(labelPattern, (_, noun: string, path: string) => `${noun} ${this.path(path)}`)
      .replace(failedPattern, (members) => this.labels(members))
      .replace(wordPattern, (word) => this.#word(word))
      .replace(versionPattern, '$1$2');
  }

  /**
   * A sentence that may hold what the caller sent: that is in quotes, and left as it is, since to take a word out of it would tell that there is something of
   * that name. What the caller sent may have quotes of its own, so all from the first to the last is left.
   */
  textAroundQuotes(text: string): string {
    const [first, last] = [text.indexOf('"'), text.lastIndexOf('"')];
    if (first === last) return this.text(text);
    return this.text(text.slice(0, first)) + text.slice(first, last + 1) + this.text(text.slice(last + 1));
  }

  /** Labels with dots between them, such as `read.vote.cnn`. */
  path(path: string): string {
    return path
      .split('.')
      .map((part) => (this.#sight.isForeign(part) || this.#sight.isHidden(part) ? this.#hide(part) : part))
      .join('.');
  }

  /** A text in which each word may be a label. */
  labels(text: string): string {
    return text.replace(wordPattern, (word) => this.path(word));
  }

  /** What stands in JSON; keys stay unless `key` says what becomes of them. */
  value(value: unknown, key: (key: string) => string = (own) => own): unknown {
    if (typeof value === 'string') return this.text(this.path(value));
    if (Array.isArray(value)) return value.map((one) => this.value(one, key));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, own]) => [key(name), this.value(own, key)]));
  }

  #word(word: string): string {
    if (this.#sight.isHidden(word)) return this.#hide(word);
    if (!word.includes('.')) return word;
    return word
      .split('.')
      .map((part) => (this.#sight.isHidden(part) ? this.#hide(part) : part))
      .join('.');
  }

  #hide(word: string): string {
    const alias = this.#aliases.get(word) ?? `hidden-${this.#aliases.size + 1}`;
    this.#aliases.set(word, alias);
    return alias;
  }
}

/** What holds labels of pipelines. */
const labelled = ['stage', 'failed', 'rule_id'];
/** What else tells of something by what it is. */
const aboutIt = ['endpoint', 'version', 'ended', 'opened_at'];

/** What a caller asked for. */
export type Asked = Pick<InferRequest, 'model' | 'version'>;

/** The same error where there is nothing to take out. */
export function redactError(error: InferError, redaction: Redaction, asked: Asked): InferError {
  // What is not there is named as it was asked for, whether there is something of that name or not.
  if (isOfAsked(error, asked)) return error;
  const { code } = error;
  const message =
    code === 'INVALID_ARGUMENT' ? redaction.textAroundQuotes(error.message) : redaction.text(error.message);
  const metadata = redactMetadata(error.metadata, redaction);
  const decision = parseDecision(error.decision && redaction.text(error.decision));
  const violations = error.violations.map((violation) => ({
    ...violation,
    description: redaction.textAroundQuotes(violation.description),
  }));
  const about = error.about && (redaction.value(error.about) as InferError['about']);
  const same =
    message === error.message &&
    decision === error.decision &&
    JSON.stringify([metadata, about, violations]) === JSON.stringify([error.metadata, error.about, error.violations]);
  if (same) return error;
  return error.with({ message, metadata, violations, about, decision });
}

const isOfAsked = ({ code, about }: InferError, { model, version }: Asked): boolean =>
  code === 'NOT_FOUND' && about?.kind === 'resource' && [model, `${model}/${version}`].includes(about.name);

function redactMetadata(metadata: InferError['metadata'], redaction: Redaction): InferError['metadata'] {
  const told = Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [
      key,
      redaction.text(labelled.includes(key) ? redaction.labels(value) : value),
    ]),
  );
  const isHidden = (key: string): boolean => told[key] !== metadata[key];
  if (!isHidden('service') && !isHidden('model')) return told;
  return Object.fromEntries(Object.entries(told).filter(([key]) => !aboutIt.includes(key)));
}

/** The tree stays, with its times, codes and numbers. */
export function redactExplanation(tree: Explanation, redaction: Redaction): Explanation {
  const { kind, attributes = {}, children } = tree;
  const isLabel = kind === 'stage' || kind === 'member';
  const name = isLabel ? redaction.path(tree.name) : redaction.text(tree.name);
  const told = Object.entries(attributes).map(([key, value]) => {
    // Rules are named in keys, after the prefix.
    const [, prefix = '', rule] = /^(sheaf\.rule\.)(.*)$/.exec(key) ?? [];
    const shown = rule === undefined ? key : `${prefix}${redaction.path(rule)}`;
    return [shown, typeof value === 'string' ? redaction.text(redaction.path(value)) : value] as const;
  });
  const isHidden = told.some(([key, value]) => key === 'sheaf.model' && value !== attributes[key]);
  const left = told.filter(([key]) => !(isHidden && (key === 'sheaf.version' || key === 'sheaf.endpoint')));
  return {
    ...tree,
    name,
    ...(left.length > 0 ? { attributes: Object.fromEntries(left) } : {}),
    children: children.map((child) => redactExplanation(child, redaction)),
  };
}
