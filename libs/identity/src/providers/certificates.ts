import { fieldsTable, list, mapped, optional, type Reader, record, required, text } from '@sheaf/document';
import { createCertificateCheck } from '../certificate.ts';
import type { CertificateRule } from '../credentials.ts';
import { grantProblem, isName } from '../grant.ts';
import { addresses, grantFields, grantOf } from '../grant-language.ts';
import { addProblem, type IdentityProblem, type IdentityProvider } from './provider.ts';

export interface CertificatesSpec {
  /** None: client certificates are for the transport only, and tell nothing about who calls. */
  readonly certificates: readonly CertificateRule[];
}

const certificateFields = {
  subject: required(
    text('a common name, or a kind and a name such as DNS:*.example, * for any characters', /^[\x20-\x7e]{1,256}$/),
    'Matches the common name; with a kind before it, names of that kind only: `DNS:`, `URI:`, `email:`, `IP Address:`, `CN:`.',
  ),
  ...grantFields,
  addresses,
};

const certificate: Reader<CertificateRule> = mapped(
  record(certificateFields),
  (read): CertificateRule => ({ subject: read.subject, ...grantOf(read) }),
);

const fields = {
  certificates: optional(
    list(certificate, 'a list of certificates', 64),
    'Client certificates that the clientCa of the gateway has signed; the first that matches counts.',
  ),
};

export const certificates: IdentityProvider<CertificatesSpec, typeof fields> = {
  fields,
  read: ({ certificates: rules = [] }) => ({ certificates: rules }),
  problems({ certificates: rules }) {
    const problems: IdentityProblem[] = [];
    for (const [i, rule] of rules.entries()) {
      if (!isName(rule.subject)) addProblem(problems, `certificates[${i}].subject`, 'want a pattern');
      addProblem(problems, `certificates[${i}]`, grantProblem(rule));
    }
    return problems;
  },
  reference: [
    '### certificates',
    fieldsTable({ subject: certificateFields.subject }),
    'Each kind of name is matched by itself: a common name that reads like a URI is none. Without a kind, `subject` is a pattern of common names; `*` alone is any certificate that has a name, and `*.example.com` a host, by its DNS name or common name. In hosts (`DNS:` too) `*` stands for one label, or a part of one; `DNS:*` is any host. In all others `*` is any run of characters.',
    'The gateway needs a `clientCa` for these (`gateway.tls` in mesh.yaml); with `certificates: required` beside it nobody gets in without one, whatever else they show.',
  ],
  wanted: 'a client certificate',
  // The connection has proved that it is its owner's.
  isGuessed: false,
  open({ certificates: rules }, { now }) {
    const check = createCertificateCheck(rules, now);
    return ({ certificate: shown, address }) =>
      shown !== undefined && rules.length > 0 ? check(shown, address) : undefined;
  },
};
