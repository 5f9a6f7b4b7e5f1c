/** Everything that commands say of a mistake of whoever typed them. */
import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from './run.ts';

const example = fileURLToPath(new URL('../../../examples/postcode', import.meta.url));

describe('a command that is wrong', () => {
  const cases: [string[], RegExp][] = [
    [[], /^usage: sheaf <command>/],
    [['frobnicate'], /^there is no command "frobnicate"/],
    [['__proto__'], /^there is no command "__proto__"/],
    [['check', '/nowhere'], /^\/nowhere: want a mesh folder, found none\n1 mistake in \/nowhere$/],
    [['check', example, '--fast'], /Unknown option '--fast'/],
    [['up', '/nowhere/at/all'], /want a mesh folder, found none/],
    [['up', '--port', 'x', '.'], /^--port: want an integer from 0 to 65535, got "x"$/],
    [['up', '--port', '65536', '.'], /^--port: want an integer from 0 to 65535/],
    [['graph'], /^usage: sheaf graph <pipeline>/],
    [['graph', 'nobody', example], /^there is no pipeline "nobody"; the pipelines are read-postcode$/],
    [
      ['graph', 'read-postcode', example, '--svg', '/nowhere/x.svg'],
      /^\/nowhere\/x\.svg cannot be written \(ENOENT\)$/,
    ],
    [['init'], /^usage: sheaf init <folder>/],
    [['init', `${example}/pages/000.png`], /is a file; want a new folder$/],
    [['init', '/proc/mesh'], /^\/proc\/mesh cannot be made/],
    [['infer', 'm', '[1]', '--address', '127.0.0.1:1'], /cannot be reached; is the mesh up\?/],
    [
      ['infer', 'm', '[1]', '--key', 'gateway.key'],
      /^--key: want an API key, sheaf_\.\.\.; the key of a certificate goes to/,
    ],
    [['admin'], /^usage: sheaf admin config\|limits\|breakers\|quarantine\|audit\|breaker\|keys\|log\|reload\|drain$/],
    [
      ['admin', 'stop'],
      /^there is no "sheaf admin stop"; want config, limits, breakers, breaker, quarantine, audit, keys, log, reload, drain$/,
    ],
    [['admin', '__proto__'], /^there is no "sheaf admin __proto__"/],
    [['admin', 'config', 'more'], /^sheaf admin config: want options only, got "more"$/],
    [['admin', 'reload', '--after', '1'], /^--after, --limit, --verify, --head and --heads are for sheaf admin audit$/],
    [['admin', 'breakers', '--model', 'm'], /^--force, --model, --service and --endpoint are for sheaf admin breaker$/],
    [['admin', 'limits', '--clear', 'all'], /^--clear is for sheaf admin quarantine$/],
    [['admin', 'quarantine', '--clear', 'x'], /^--clear: want a digest of 64 hex digits or all, got "x"$/],
    [['admin', 'audit', '--limit', '1001'], /^--limit: want an integer from 1 to 1000, got "1001"$/],
    [['admin', 'audit', '--after', '-1'], /^--after: want an integer from 0 to 9007199254740991, got "-1"$/],
    [['admin', 'audit', '--limit', '-5'], /^--limit: want an integer from 1 to 1000, got "-5"$/],
    [['admin', 'config', '--address', '127.0.0.1:1'], /cannot be reached; is the mesh up\?/],
    [['keys'], /^usage: sheaf keys create\|list\|rotate\|revoke/],
    [['keys', 'delete'], /^there is no "sheaf keys delete"; want list, create, rotate, revoke$/],
    [['keys', 'create', example], /^--tenant is missing/],
    [
      ['keys', 'create', example, '--tenant', 'a b'],
      /^--tenant: want a tenant of letters, digits, "\.", "_", "-", "@", at most 128, got "a b"$/,
    ],
    [['keys', 'create', '/nowhere', '--tenant', 't'], /^\/nowhere: want a mesh folder, found none$/],
    [
      ['keys', 'create', example, '--tenant', 't', '--role', 'root'],
      /^--role: want infer, observe, publish, report, admin, got "root"$/,
    ],
    [
      ['keys', 'create', example, '--tenant', 't', '--role', 'infer', '--role', 'admin'],
      /^roles: want admin or infer, got both/,
    ],
    [['keys', 'create', example, '--tenant', 't', '--models', 'a b'], /^--models: want names, .*, got "a b"$/],
    [['keys', 'create', example, '--tenant', 't', '--priority', 'high'], /^--priority: want critical, .*, got "high"$/],
    [
      ['keys', 'create', example, '--tenant', 't', '--expires', 'soon'],
      /^--expires: want a time such as 30d.* "soon"$/,
    ],
    [['keys', 'create', example, '--tenant', 't', '--expires', '0d'], /^--expires: want a time such as 30d/],
    [['keys', 'list', example, '--tenant', 't'], /^sheaf keys list takes no --tenant$/],
    [['keys', 'list', example, 'more'], /^sheaf keys list: want one folder, got /],
    [['keys', 'list', '/nowhere'], /^\/nowhere: want a mesh folder, found none$/],
    [['keys', 'revoke'], /^usage: sheaf keys revoke <id> \[folder\]/],
    [['keys', 'rotate'], /^usage: sheaf keys rotate <id> \[folder\]; sheaf keys list tells the ids$/],
    [['keys', 'rotate', 'a', example, '--tenant', 't'], /^sheaf keys rotate takes no --tenant$/],
    [['keys', 'create', example, '--tenant', 't', '--overlap', '1h'], /^sheaf keys create takes no --overlap$/],
    [
      ['keys', 'rotate', 'a', example, '--overlap', '91d'],
      /^--overlap: want a time such as 30d, .*, at most 90d, got "91d"$/,
    ],
    [['keys', 'rotate', 'a', example, '--overlap', 'soon'], /^--overlap: want a time such as 30d, /],
    [['keys', 'rotate', 'none', example], /^there is no key "none"$/],
    [['admin', 'keys'], /^usage: sheaf admin keys list\|create\|rotate\|revoke$/],
    [['admin', 'keys', 'delete'], /^there is no "sheaf admin keys delete"; want list, create, rotate, revoke$/],
    [['admin', 'keys', 'list', 'more'], /^sheaf admin keys list: want options only, got "more"$/],
    [['admin', 'keys', 'revoke'], /^usage: sheaf admin keys revoke <id>; sheaf admin keys list tells the ids$/],
    [['admin', 'keys', 'revoke', 'a', 'b'], /^sheaf admin keys revoke: want one id, got "b"$/],
    [['admin', 'keys', 'list', '--tenant', 't'], /^sheaf admin keys list takes no --tenant$/],
    [['admin', 'limits', '--tenant', 't'], /^--tenant, .* and --overlap are for sheaf admin keys$/],
    [['admin', 'audit', '--head', 'x'], /^--head: want <entry>:<hash> or a hash of 64 hex digits, got "x"$/],
    [['admin', 'audit', '--verify', '--limit', '2'], /^--verify, --head and --heads look at all of the record: /],
    [['admin', 'audit', '--heads', '/nowhere'], /^--heads: \/nowhere cannot be read \(ENOENT\)$/],
    [
      ['admin', 'audit', '--heads', `${example}/mesh.yaml`],
      /^--heads: .*mesh\.yaml holds no line such as "audit trail: head 7:<hash>"/,
    ],
    [['certs', '/nowhere'], /^\/nowhere: want a mesh folder, found none$/],
    [['certs', example, '--days', '0'], /^--days: want an integer from 1 to 825, got "0"$/],
    [['certs', example, '--host', 'bad host!'], /^--host: want a name or an address, got "bad host!"$/],
    [['certs', example, '--client', '/'], /^--client: want 1 to 64 letters.*, got "\/"$/],
  ];
  for (const [args, sentence] of cases) {
    it(`says what it wanted: sheaf ${args.map((arg) => arg.split('/').at(-1)).join(' ')}`, async () => {
      const log = mock.method(console, 'log', () => {});
      try {
        await assert.rejects(run(args), (error: Error) => {
          assert.match(error.message, sentence);
          return true;
        });
        assert.equal(log.mock.callCount(), 0);
      } finally {
        log.mock.restore();
      }
    });
  }
});
