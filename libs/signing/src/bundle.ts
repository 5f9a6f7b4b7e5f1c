/** The file around a signature: a Sigstore bundle with a DSSE envelope. */
import { refuse } from './refuse.ts';
import { signatureBytesMax } from './signature-file.ts';
import { payloadType } from './statement.ts';

const mediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json';

export interface Bundle {
  /** Of the key that it was made with; undefined in bundles of before model_signing 1.0. */
  readonly keyId: string | undefined;
  /** The statement, as it was signed. */
  readonly payload: Buffer;
  /** ECDSA in DER. */
  readonly signature: Buffer;
}

/** What is really signed: the payload with its type and its length, so that it cannot be taken for something else (DSSE v1). */
export const signedBytes = (payload: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.byteLength} `), payload]);

/** As text, as it lies in {@link signatureFile}. */
export const encodeBundle = ({ keyId, payload, signature }: Bundle): string =>
  JSON.stringify({
    mediaType,
    verificationMaterial: { publicKey: { hint: keyId ?? '' }, tlogEntries: [] },
    dsseEnvelope: {
      payload: payload.toString('base64'),
      payloadType,
      signatures: [{ sig: signature.toString('base64'), keyid: '' }],
    },
  });

/** Reads a bundle; throws FAILED_PRECONDITION where it is none that a key can be tried on. */
export function parseBundle(text: string | Uint8Array): Bundle {
  if (text.length > signatureBytesMax)
    throw refuse(`the signature: want at most ${signatureBytesMax} bytes, got ${text.length}`);
  const bundle = fieldsOf(parseJson(typeof text === 'string' ? text : Buffer.from(text).toString()));
  if (bundle['mediaType'] !== mediaType) throw refuse(`the signature: want a Sigstore bundle, ${mediaType}`);
  const material = fieldsOf(bundle['verificationMaterial']);
  if (material['publicKey'] === undefined)
    throw refuse('the signature: want one made with a key, got one made with a certificate');
  const envelope = fieldsOf(bundle['dsseEnvelope']);
  if (envelope['payloadType'] !== payloadType) throw refuse(`the signature: want a payload of ${payloadType}`);
  const signatures = envelope['signatures'];
  if (!Array.isArray(signatures) || signatures.length !== 1) throw refuse('the signature: want one in the bundle');
  return {
    keyId: textIn(fieldsOf(material['publicKey'])['hint']) || undefined,
    payload: bytesIn(envelope['payload']),
    signature: bytesIn(fieldsOf(signatures[0])['sig']),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refuse('the signature is broken: want a Sigstore bundle in JSON');
  }
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');

function bytesIn(value: unknown): Buffer {
  const bytes = Buffer.from(textIn(value), 'base64');
  if (bytes.byteLength === 0)
    throw refuse('the signature is broken: its bundle has no payload or no signature in base64');
  return bytes;
}
