/** What `sheaf check` tells of certificates. */
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { formatProblem, readMesh } from '@sheaf/mesh';
import { sampleModels } from '@sheaf/onnx/testing';
import { createAuthority } from '../support/certificates.ts';
import { type Files, writeFolder } from '../support/mesh-folder.ts';

const ca = await createAuthority();
const own = await ca.issue();
const expired = await ca.issue({ validMs: -1_000 });
const other = await createAuthority('Other CA');
const locked = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' } as const;
const encrypted = createPrivateKey(own.key).export(locked);
const files: Files = {
  'models/double': sampleModels.scale(2),
  'tls/ca.crt': ca.certificate,
  'tls/bundle.crt': `${other.certificate}\n${ca.certificate}\n`,
  'tls/own.crt': `${own.certificate}\n`,
  'tls/own.key': own.key,
  'tls/expired.crt': expired.certificate,
  'tls/expired.key': expired.key,
  'tls/other.crt': other.certificate,
  'tls/encrypted.key': encrypted,
  'tls/text.crt': 'hello',
};
const gatewayTls = (inner: string): string => `gateway:\n  tls: { ${inner} }\n`;
const between = (inner: string): string => `tls: { ${inner} }\n`;
const far = (tls: string): string => `services:\n  far: { models: [m], endpoint: far:1, tls: ${tls} }\n`;
const pair = 'certificate: tls/own.crt, key: tls/own.key';

const good: [string, string][] = [
  ['a gateway', gatewayTls(pair)],
  ['a gateway that knows its clients', gatewayTls(`${pair}, clientCa: tls/bundle.crt`)],
  ['a gateway that wants to know them', gatewayTls(`${pair}, clientCa: tls/bundle.crt, certificates: required`)],
  ['a gateway that would like to', gatewayTls(`${pair}, clientCa: tls/bundle.crt, certificates: asked`)],
  ['a gateway and services', `${gatewayTls(`${pair}, clientCa: tls/other.crt`)}${between(`ca: tls/ca.crt, ${pair}`)}`],
  ['services among themselves', between(`ca: tls/ca.crt, ${pair}`)],
  ['services among themselves, and several authorities', between(`ca: tls/bundle.crt, ${pair}`)],
  ['somebody else who is trusted like everybody', far('true')],
  ['somebody else of an authority', far('{ ca: tls/other.crt }')],
  ['somebody else who wants to know us', far(`{ ca: tls/other.crt, ${pair} }`)],
];

const broken: [string, string, (string | RegExp)[]][] = [
  [
    'certificates that nobody vouches for',
    gatewayTls(`${pair}, certificates: required`),
    [
      'mesh.yaml:2: gateway.tls.certificates: want clientCa with it: who vouches for the certificates that are required',
    ],
  ],
  [
    'certificates that are wanted somehow',
    gatewayTls(`${pair}, clientCa: tls/bundle.crt, certificates: true`),
    ['mesh.yaml:2: gateway.tls.certificates: want asked or required, got true'],
  ],
  [
    'no key',
    gatewayTls('certificate: tls/own.crt'),
    ['mesh.yaml:2: gateway.tls.key: want a file in PEM, from the mesh folder, got nothing'],
  ],
  [
    'one authority for callers and services',
    `${gatewayTls(`${pair}, clientCa: tls/bundle.crt`)}${between(`ca: tls/ca.crt, ${pair}`)}`,
    [
      'mesh.yaml:2: gateway.tls.clientCa: an authority of tls.ca signs callers too, so that each of them could open a service; want another authority',
    ],
  ],
  [
    'nothing',
    between(''),
    ['ca', 'certificate', 'key'].map(
      (key) => `mesh.yaml:1: tls.${key}: want a file in PEM, from the mesh folder, got nothing`,
    ),
  ],
  [
    'a file that is not there',
    gatewayTls('certificate: tls/own.crt, key: tls/absent.key'),
    ['mesh.yaml:2: gateway.tls.key: there is no file "tls/absent.key"'],
  ],
  [
    'text for a certificate and a certificate for a key',
    gatewayTls('certificate: tls/text.crt, key: tls/own.crt'),
    [
      'mesh.yaml:2: gateway.tls.certificate: "tls/text.crt" holds no certificate in PEM',
      'mesh.yaml:2: gateway.tls.key: "tls/own.crt" holds no private key in PEM',
    ],
  ],
  [
    'an encrypted key',
    gatewayTls('certificate: tls/own.crt, key: tls/encrypted.key'),
    ['mesh.yaml:2: gateway.tls.key: the key in "tls/encrypted.key" is encrypted; want one without a passphrase'],
  ],
  [
    'a key of another certificate',
    gatewayTls('certificate: tls/own.crt, key: tls/expired.key'),
    ['mesh.yaml:2: gateway.tls.key: the key in "tls/expired.key" does not fit the certificate in "tls/own.crt"'],
  ],
  [
    'a certificate that has expired',
    between('ca: tls/ca.crt, certificate: tls/expired.crt, key: tls/expired.key'),
    [/^mesh\.yaml:1: tls\.certificate: the certificate in "tls\/expired\.crt" expired on 2\d{3}-\d\d-\d\dT[\d:.]+Z$/],
  ],
  [
    'a certificate of another authority',
    between(`ca: tls/other.crt, ${pair}`),
    ['mesh.yaml:1: tls.certificate: the certificate in "tls/own.crt" is not one of "tls/other.crt"'],
  ],
  [
    'an unknown key',
    between(`ca: tls/ca.crt, ${pair}, password: x`),
    ['mesh.yaml:1: tls.password: unknown key; the keys are ca, certificate, key'],
  ],
  [
    'something else',
    between(`ca: 7, ${pair}`),
    [/^mesh\.yaml:1: tls\.ca: want a file in PEM, from the mesh folder, got 7$/],
  ],
  [
    'false',
    far('false'),
    [/^mesh\.yaml:2: services\.far\.tls: want true, or a mapping of ca, certificate, key, got false$/],
  ],
  [
    'half of a pair towards somebody else',
    far('{ certificate: tls/own.crt }'),
    ['mesh.yaml:2: services.far.tls: want certificate, key; there is no key'],
  ],
  [
    'a service of ours with its own',
    'services:\n  near: { models: [double], tls: true }\n',
    [/^mesh\.yaml:2: services\.near\.tls: want it where there is an endpoint/],
  ],
];

async function check(meshYaml: string) {
  const folder = await writeFolder({ ...files, 'mesh.yaml': meshYaml });
  const { mesh, problems } = await readMesh(folder);
  await rm(folder, { recursive: true });
  return { mesh, told: problems.map(formatProblem), folder };
}

describe('sheaf check of certificates', () => {
  for (const [name, meshYaml] of good) {
    it(`finds nothing wrong with ${name}`, async () => {
      assert.deepEqual((await check(meshYaml)).told, []);
    });
  }

  it('makes the paths absolute', async () => {
    const { mesh, folder } = await check(`${between(`ca: tls/ca.crt, ${pair}`)}${far('true')}`);
    const paths = { ca: `${folder}/tls/ca.crt`, certificate: `${folder}/tls/own.crt`, key: `${folder}/tls/own.key` };
    assert.deepEqual([mesh?.tls, mesh?.services[0]?.tls], [paths, {}]);
  });

  for (const [name, meshYaml, lines] of broken) {
    it(`tells the place of ${name}`, async () => {
      const { told, folder } = await check(meshYaml);
      assert.equal(told.length, lines.length, told.join('\n'));
      for (const [index, line] of lines.entries()) {
        if (typeof line === 'string') assert.equal(told[index], line);
        else assert.match(told[index] ?? '', line);
      }
      assert.ok(!told.join('').includes(folder), 'the folder itself is told');
    });
  }
});
