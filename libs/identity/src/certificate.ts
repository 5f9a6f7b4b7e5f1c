import type { Principal } from '@sheaf/inference';
import { type CheckAddress, comesFrom } from './addresses.ts';
import { type CertificateName, matchSubject } from './certificate-subject.ts';
import type { CertificateFacts, CertificateRule } from './credentials.ts';
import { isName } from './grant.ts';
import { credentialExpired, credentialInvalid } from './refusals.ts';

/** Answers whose certificate it is, by the first rule that matches one of its names: the same principal for the same facts. */
export function createCertificateCheck(
  rules: readonly CertificateRule[],
  now: () => number,
): (certificate: CertificateFacts, address: string | undefined) => Principal {
  const known = new WeakMap<CertificateFacts, Identified>();
  const compiled = rules.map((rule) => ({
    rule,
    matches: matchSubject(rule.subject),
    checkAddress: comesFrom(rule.addresses, 'this certificate'),
  }));
  return (certificate, address) => {
    // A connection may outlive the certificate that it was opened with.
    if (now() >= certificate.expiresAt) throw credentialExpired('client certificate');
    const identified = known.get(certificate) ?? identify(compiled, certificate);
    known.set(certificate, identified);
    identified.checkAddress(address);
    return identified.principal;
  };
}

interface Identified {
  readonly principal: Principal;
  readonly checkAddress: CheckAddress;
}

interface CompiledRule {
  readonly rule: CertificateRule;
  readonly matches: (name: CertificateName) => boolean;
  readonly checkAddress: CheckAddress;
}

function identify(rules: readonly CompiledRule[], certificate: CertificateFacts): Identified {
  const names = namesOf(certificate);
  for (const { rule, matches, checkAddress } of rules) {
    const name = names.find(matches);
    if (name === undefined) continue;
    const { tenant, roles, models, priority = 'standard' } = rule;
    const claims = { commonName: certificate.commonName, fingerprint: certificate.fingerprint };
    const principal = { id: `cert:${shown(name)}`, tenant, roles, models, priority, claims };
    return { principal, checkAddress };
  }
  throw credentialInvalid('the client certificate is of nobody known here');
}

function namesOf({ commonName, alternativeNames }: CertificateFacts): readonly CertificateName[] {
  const alternatives = alternativeNames.map((name): CertificateName => {
    const colon = name.indexOf(':');
    return { kind: name.slice(0, colon), value: name.slice(colon + 1) };
  });
  return [{ kind: 'CN', value: commonName }, ...alternatives].filter(({ value }) => isName(value));
}

/** A common name stands alone, unless it has a colon: then it could be mistaken for a name of another kind. */
const shown = ({ kind, value }: CertificateName): string =>
  kind === 'CN' && !value.includes(':') ? value : `${kind}:${value}`;
