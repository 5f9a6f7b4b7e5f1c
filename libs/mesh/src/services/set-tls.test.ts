import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTls } from './set-tls.ts';

const sections = { gateway: { certificate: 'g.crt', key: 'g.key' }, mesh: { ca: 'ca.crt' } };
const lines = 'tls: { ca: ca.crt }\n';

describe('TLS in the text of mesh.yaml', () => {
  it('is written into an empty one', () => {
    assert.equal(setTls('', sections), `gateway:\n  tls: { certificate: g.crt, key: g.key }\n${lines}`);
  });

  it('leaves all else as it is, comments too', () => {
    assert.equal(
      setTls('# ours\ngateway: { port: 8001 } # public\n\n# limits: {}\n', sections),
      `# ours\ngateway: { port: 8001, tls: { certificate: g.crt, key: g.key } } # public\n${lines}\n# limits: {}\n`,
    );
  });

  it('is not written where there is some already, or where nothing can be read', () => {
    for (const text of [
      'tls: { ca: mine.crt }\n',
      'gateway: { tls: { key: k } }\n',
      'gateway: [\n',
      '- a\n',
      'gateway: 1\n',
    ])
      assert.equal(setTls(text, sections), undefined, text);
  });
});
