import { signatureTrust } from '@sheaf/mesh';
import { checkSignatures, readPublicKey, type SignedFile, type TrustedKey } from '@sheaf/signing';
import { type OptionValues, UsageError } from '../../command.ts';
import type { RegistryAction, RegistryPlace } from '../action.ts';
import { collectFolder } from '../collect/walk.ts';
import { apartFromSignature, isFolderTyped, readPem } from '../signatures.ts';
import { versionOf } from '../typed.ts';

export const verify: RegistryAction = {
  usage: '<name>[/<version>], or ./<folder>',
  summary: 'whether a version, or a folder with a model.sig, has a signature that holds; exit code 2 when it has none',
  options: { 'public-key': { type: 'string', multiple: true } },
  help: '    --public-key <file>  whose signatures count, in PEM; may be repeated. Default: signing.keys of mesh.yaml',
  words: [1, 1],
  async run(place, [text = ''], values) {
    const keys = await keysOf(place, values);
    const { title, files, signatures } = await signedIn(place, text);
    const judged = checkSignatures(title, files, signatures, { policy: 'require', keys });
    if (values['json']) return console.log(JSON.stringify(judged));
    console.log(`${title} is signed by key ${judged.kind === 'trusted' ? judged.keyId : ''}`);
  },
};

interface Signed {
  readonly title: string;
  readonly files: readonly SignedFile[];
  readonly signatures: readonly string[];
}

async function signedIn({ calls, kind }: RegistryPlace, text: string): Promise<Signed> {
  if (isFolderTyped(text)) {
    const { files, signature } = await apartFromSignature(await collectFolder(text));
    return { title: text, files, signatures: signature === undefined ? [] : [signature] };
  }
  const { name, version, manifest, signatures } = await calls.getVersion({ kind, ...versionOf(text) });
  return { title: `${name}/${version}`, files: manifest?.files ?? [], signatures };
}

async function keysOf({ folder }: RegistryPlace, values: OptionValues): Promise<readonly TrustedKey[]> {
  const given = values['public-key'];
  if (!Array.isArray(given)) {
    const { keys } = await signatureTrust(folder);
    if (keys.length === 0) throw new UsageError('want --public-key <file>, or signing.keys in mesh.yaml');
    return keys;
  }
  const keys: TrustedKey[] = [];
  for (const file of given) keys.push(readPublicKey(await readPem(String(file))));
  return keys;
}
