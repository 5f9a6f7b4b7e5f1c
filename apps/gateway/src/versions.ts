/** Which version answers a call. This is the one place where a name without a version, or with an alias, becomes a version. */
import { type Aliases, type CallContext, type InferRequest, versionMeant } from '@sheaf/inference';

/** Of one revision, so that a call, with all that it asks further down, gets its versions from one state of them. */
export interface Versions {
  /**
   * Answers what a version stands for, whoever asks: empty for the newest. An alias that is not there stays as it is, and is then refused as a version that
   * is not there.
   */
  readonly meant: (name: string, version: string) => string;
  /** Answers the version that this call of a model or pipeline gets, from outside or from a stage, by what aliases meant when it came in. */
  readonly ofCall: (asked: Pick<InferRequest, 'model' | 'version'>, context: CallContext) => string;
}

export function createVersions(aliases: Aliases): Versions {
  const meant = (name: string, version: string): string => versionMeant(aliases, name, version);
  return {
    meant,
    ofCall: ({ model, version }, { snapshot }) => versionMeant(snapshot.aliases ?? aliases, model, version),
  };
}
