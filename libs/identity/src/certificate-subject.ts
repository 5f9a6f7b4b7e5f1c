/** Which names of a certificate a rule is about. */
import { matchesPattern } from '@sheaf/inference';

/** One name of a certificate. */
export interface CertificateName {
  /** `CN`, or the kind of an alternative name as Node writes it: `DNS`, `URI`, `email`, `IP Address`, ... */
  readonly kind: string;
  readonly value: string;
}

const kinds = ['CN', 'DNS', 'URI', 'email', 'IP Address', 'DirName', 'Registered ID', 'othername'] as const;

/**
 * Compiles the `subject` of a rule. A kind before a colon is that kind and no other; without one it is the common name. `*` alone is any name, and
 * `*.example` a host: a DNS name or a common name. Whoever signs certificates checks each kind in another way, so none may pass for another.
 */
export function matchSubject(subject: string): (name: CertificateName) => boolean {
  if (subject === '*') return () => true;
  const kind = kinds.find((one) => subject.startsWith(`${one}:`));
  const pattern = kind === undefined ? subject : subject.slice(kind.length + 1);
  if (kind === 'DNS') return (name) => name.kind === kind && matchesHost(pattern, name.value);
  if (kind !== undefined) return (name) => name.kind === kind && matchesPattern(pattern, name.value);
  if (!subject.startsWith('*.')) return ({ kind: own, value }) => own === 'CN' && matchesPattern(subject, value);
  return ({ kind: own, value }) => (own === 'DNS' || own === 'CN') && matchesHost(subject, value);
}

/** As TLS compares hosts: by label, in either case of letters, `*` within one label; `*` alone is any host. */
function matchesHost(pattern: string, host: string): boolean {
  if (pattern === '*') return true;
  const [wanted, labels] = [pattern, host].map((text) => text.toLowerCase().split('.')) as [string[], string[]];
  // A label is never empty, and neither is what stands for it.
  return (
    wanted.length === labels.length &&
    wanted.every((part, index) => {
      const label = labels[index] ?? '';
      return label !== '' && matchesPattern(part, label);
    })
  );
}

/** What a subject with `*` is about, for whoever wrote it for names of all kinds, with `*` for any run of characters; undefined where that is the same. */
export function subjectNote(subject: string): string | undefined {
  if (!subject.includes('*') || subject === '*' || subject === 'DNS:*') return undefined;
  const labels = '* stands for one label or a part of one, so *.example is a.example and not a.b.example';
  if (subject.startsWith('DNS:')) return `"${subject}" is a host: ${labels}`;
  if (kinds.some((kind) => subject.startsWith(`${kind}:`))) return undefined;
  if (subject.startsWith('*.'))
    return `"${subject}" is a host, by its DNS name or common name and no other kind: ${labels}`;
  return `"${subject}" is about common names alone; another kind is named, as in "URI:${subject}"`;
}
