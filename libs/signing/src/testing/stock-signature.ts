/** What `model_signing` 1.1.1 wrote for a folder of two files, with the key that it was given. */
import type { SignedFile } from '../signed-files.ts';

export const stockFiles: readonly SignedFile[] = [
  { path: 'model.onnx', sha256: '9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c' },
  { path: 'sub/labels.txt', sha256: 'c3f9c8c283a2b1f2f1896f27a01cbe3cddc0c9d93f752e4639035a0f5b36f6e8' },
];

export const stockPublicKey = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEHdBWR/hENV6BsNeVc5oAy+I0mnKX
KX4d2eTPTdD4fMIhwp+8OtverTpYirMvp1e9Z5PmzIytOg2L4vxCy/1awA==
-----END PUBLIC KEY-----
`;

export const stockSignature =
  '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{"hint":"f3c45c7a268016246628770d9343835676dc0461f1237b6f65d047a81f9dd500"},"tlogEntries":[]},"dsseEnvelope":{"payload":"ewogICJfdHlwZSI6ICJodHRwczovL2luLXRvdG8uaW8vU3RhdGVtZW50L3YxIiwKICAic3ViamVjdCI6IFsKICAgIHsKICAgICAgIm5hbWUiOiAicGFpciIsCiAgICAgICJkaWdlc3QiOiB7CiAgICAgICAgInNoYTI1NiI6ICJmYmM2ODQ2OWE2Y2ZkYjU1NjU5ZDExNDQ0ZmU0MWZmNzZlMjE1NjBmOGM5M2MzYWYwNDhhMjg5MzRhNDlkNmFiIgogICAgICB9CiAgICB9CiAgXSwKICAicHJlZGljYXRlVHlwZSI6ICJodHRwczovL21vZGVsX3NpZ25pbmcvc2lnbmF0dXJlL3YxLjAiLAogICJwcmVkaWNhdGUiOiB7CiAgICAic2VyaWFsaXphdGlvbiI6IHsKICAgICAgImFsbG93X3N5bWxpbmtzIjogZmFsc2UsCiAgICAgICJoYXNoX3R5cGUiOiAic2hhMjU2IiwKICAgICAgIm1ldGhvZCI6ICJmaWxlcyIsCiAgICAgICJpZ25vcmVfcGF0aHMiOiBbCiAgICAgICAgIi5naXRodWIiLAogICAgICAgICIuZ2l0IiwKICAgICAgICAiLmdpdGlnbm9yZSIsCiAgICAgICAgIi5naXRhdHRyaWJ1dGVzIiwKICAgICAgICAibW9kZWwuc2lnIgogICAgICBdCiAgICB9LAogICAgInJlc291cmNlcyI6IFsKICAgICAgewogICAgICAgICJhbGdvcml0aG0iOiAic2hhMjU2IiwKICAgICAgICAibmFtZSI6ICJtb2RlbC5vbm54IiwKICAgICAgICAiZGlnZXN0IjogIjlhMTI5MDM4ZDlhMDBhZWQwY2Y2YTdlYTA1OWNhNTBhODEzNDQ5MDYxYWI4Nzg0OGNmMWExM2VhZmRmMzNiMmMiCiAgICAgIH0sCiAgICAgIHsKICAgICAgICAiYWxnb3JpdGhtIjogInNoYTI1NiIsCiAgICAgICAgIm5hbWUiOiAic3ViL2xhYmVscy50eHQiLAogICAgICAgICJkaWdlc3QiOiAiYzNmOWM4YzI4M2EyYjFmMmYxODk2ZjI3YTAxY2JlM2NkZGMwYzlkOTNmNzUyZTQ2MzkwMzVhMGY1YjM2ZjZlOCIKICAgICAgfQogICAgXQogIH0KfQ==","payloadType":"application/vnd.in-toto+json","signatures":[{"sig":"MEUCIQCYq9DL4pOYz4illcmdzjE2B/lWVCpYL/8wkaJpfG4I3AIgRA3d11kR9rvdtaIMC4qyTuICeQTThbMN6eEGzFOOCi4=","keyid":""}]}}';
