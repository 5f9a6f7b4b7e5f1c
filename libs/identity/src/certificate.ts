import { matchesPattern, type Principal } from '@sheaf/inference';
import type { CertificateFacts, CertificateRule } from './credentials.ts';
import { isName } from './grant.ts';
import { credentialExpired, credentialInvalid } from './refusals.ts';

/** Answers whose certificate it is, by the first rule that matches one of its names: the same principal for the same facts. */
export function createCertificateCheck(
  rules: readonly CertificateRule[],
  now: () => number,
): (certificate: CertificateFacts) => Principal {
  const known = new WeakMap<CertificateFacts, Principal>();
  return (certificate) => {
    // A connection may outlive the certificate that it was opened with.
    if (now() >= certificate.expiresAt) throw credentialExpired('client certificate');
    const principal = known.get(certificate) ?? identify(rules, certificate);
    known.set(certificate, principal);
    return principal;
  };
}

function identify(rules: readonly CertificateRule[], certificate: CertificateFacts): Principal {
  const names = [certificate.commonName, ...certificate.alternativeNames].filter(isName);
  for (const { subject, tenant, roles, models, priority = 'standard' } of rules) {
    const name = names.find((candidate) => matchesPattern(subject, candidate));
    if (name === undefined) continue;
    const claims = { commonName: certificate.commonName, fingerprint: certificate.fingerprint };
    return { id: `cert:${name}`, tenant, roles, models, priority, claims };
  }
  throw credentialInvalid('the client certificate is of nobody known here');
}
