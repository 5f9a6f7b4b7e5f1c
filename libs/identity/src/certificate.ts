import type { PeerCertificate } from 'node:tls';
import { matchesPattern, type Principal } from '@sheaf/inference';
import type { CertificateFacts, CertificateRule } from './credentials.ts';
import { isName } from './grant.ts';
import { credentialExpired, credentialInvalid } from './refusals.ts';

/** Node writes `DNS:a, URI:b`, and names with commas, quotes or control characters as JSON strings: those may hold `, DNS:` and are left out. */
const alternativeName = /(?:"(?:\\.|[^"\\])*"|[^",])+/g;

/**
 * What a peer's certificate says, from `getPeerCertificate()` of a socket whose handshake has verified it; undefined when it showed none.
 * A name given twice is none: which one would count?
 */
export function certificateFacts(peer: Partial<PeerCertificate> | null | undefined): CertificateFacts | undefined {
  if (peer?.fingerprint256 === undefined) return undefined;
  const commonName: unknown = peer.subject?.CN;
  const names = peer.subjectaltname?.match(alternativeName) ?? [];
  const expiresAt = Date.parse(peer.valid_to ?? '');
  return {
    commonName: typeof commonName === 'string' ? commonName : '',
    alternativeNames: names.map((name) => name.trim()).filter((name) => isName(name) && !name.includes('"')),
    fingerprint: peer.fingerprint256.replaceAll(':', '').toLowerCase(),
    expiresAt: Number.isNaN(expiresAt) ? 0 : expiresAt,
  };
}

/** Answers whose certificate it is, by the first rule that matches one of its names. */
export function identifyCertificate(
  rules: readonly CertificateRule[],
  certificate: CertificateFacts,
  now: number,
): Principal {
  // A connection may outlive the certificate that it was opened with.
  if (now >= certificate.expiresAt) throw credentialExpired('client certificate');
  const names = [certificate.commonName, ...certificate.alternativeNames].filter(isName);
  for (const { subject, tenant, roles, models, priority = 'standard' } of rules) {
    const name = names.find((candidate) => matchesPattern(subject, candidate));
    if (name === undefined) continue;
    const claims = { commonName: certificate.commonName, fingerprint: certificate.fingerprint };
    return { id: `cert:${name}`, tenant, roles, models, priority, claims };
  }
  throw credentialInvalid('the client certificate is of nobody known here');
}
