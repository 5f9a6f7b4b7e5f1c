/** What there is to say of a kind of credential, and of who vouches for it. */
import type { Fields, Path, Problems, ValuesOf } from '@sheaf/document';
import type { Principal } from '@sheaf/inference';
import type { ApiKey } from '@sheaf/store';
import type { Credentials } from '../credentials.ts';
import type { KeySources } from '../key-source.ts';

/** One mistake in an identity spec. */
export interface IdentityProblem {
  /** Such as `jwt[0].algorithms`. */
  readonly path: string;
  readonly message: string;
}

/** What a caller showed, as providers look at it. */
export interface Shown extends Omit<Credentials, 'authorization'> {
  /** Of `authorization: Bearer`. */
  readonly bearer: string | undefined;
}

/** Throws where a credential is not to be looked at now; `claimed` answers the principal that it says that it is of, which nobody has checked. */
export type CheckNew = (claimed: () => string) => void;

/**
 * Answers who shows it; undefined where nothing of this kind is shown. Throws for one that is bad, whatever else is shown. `checkNew` is called before one is
 * checked that is not remembered.
 */
export type CheckShown = (shown: Shown, checkNew: CheckNew) => Principal | Promise<Principal> | undefined;

export interface ProviderPorts {
  /** The keys as they are now, by id. */
  readonly keys: () => ReadonlyMap<string, ApiKey>;
  /** Told of each call that comes in with an API key. */
  readonly onKeyUse: (id: string, at: number) => void;
  /** Milliseconds since the epoch, of the clock that the world goes by. */
  readonly now: () => number;
  /** The keys of issuers. */
  readonly keySources: KeySources;
}

/**
 * Told each file of the folder that a spec names: where in `identity` that stands, what it is called from the folder, and what is wrong with what it holds.
 * Answers where it is.
 */
export type FileAt = (path: Path, name: string, wrong?: (content: Buffer) => string | undefined) => string;

/**
 * All that there is to say of one. `Spec` is its part of `IdentitySpec`. To add one: a file with a value of this type, and an entry in `index.ts`; what is left
 * out does not compile.
 */
export interface IdentityProvider<Spec extends object = object, F extends Fields = Fields> {
  /** Its keys of `identity` in policies.yaml. */
  readonly fields: F;
  /** Makes its part of the spec of what the keys hold. `path` is that of `identity`. */
  read(values: ValuesOf<F>, path: Path, problems: Problems): Spec | undefined;
  /** Everything that is wrong with a spec of the right form, wherever it comes from. */
  problems(spec: Spec): readonly IdentityProblem[];
  /** The spec, with each file of the folder that it names where it is. Left out where it names none. */
  placed?(spec: Spec, at: FileAt): Spec;
  /** Paragraphs of the reference page. */
  readonly reference: readonly string[];
  /** A policies.yaml with it, below those. */
  readonly example?: string;
  /** What a caller shows, for the sentence that says what is wanted; undefined: nothing. */
  readonly wanted: string | undefined;
  /** Whether somebody may guess it, so that who fails again and again has to wait. */
  readonly isGuessed: boolean;
  /** Throws INVALID_ARGUMENT for what cannot be used, such as a file of keys that cannot be read. */
  open(spec: Spec, ports: ProviderPorts): CheckShown;
}

export function addProblem(problems: IdentityProblem[], path: string, message: string | undefined): void {
  if (message !== undefined) problems.push({ path, message });
}
