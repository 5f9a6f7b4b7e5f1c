/** What somebody else's servers say that they serve. */
import type { ModelDescription } from '@sheaf/inference';
import { typed } from './entry.ts';
import type { ServiceHandle, Services } from './services.ts';

/** A start, and each reload, waits so long for a server that does not answer; it is asked again when all else is served. */
const describeTimeoutMs = 3_000;
/** Where nothing is served without it. */
const strictTimeoutMs = 10_000;

/** What was said last, by endpoint and model: a server that is down for a while is still the same. */
export type ForeignBook = ReadonlyMap<string, ModelDescription>;

export interface Foreign {
  readonly described: ReadonlyMap<string, ModelDescription>;
  /** Models of which nobody has said anything yet, with their services. */
  readonly silent: ReadonlyMap<string, string>;
  readonly book: ForeignBook;
}

export async function askForeign(services: Services, known: ForeignBook, isStrict: boolean): Promise<Foreign> {
  const described = new Map<string, ModelDescription>();
  const silent = new Map<string, string>();
  const book = new Map<string, ModelDescription>();
  const ask = async ({ service, describe }: ServiceHandle, name: string): Promise<void> => {
    const key = `${service.endpoint} ${name}`;
    const said = isStrict
      ? await describe(name, '', strictTimeoutMs)
      : ((await describe(name, '', describeTimeoutMs).catch(() => undefined)) ?? known.get(key));
    if (said) {
      described.set(name, typed(said) ? said : { ...said, name, ...service.signatures?.get(name) });
      book.set(key, said);
    } else silent.set(name, service.name);
  };
  const foreign = services.all.filter(({ service }) => service.endpoint);
  await Promise.all(foreign.flatMap((handle) => handle.service.models.map((name) => ask(handle, name))));
  return { described, silent, book };
}

/** Whether any of those that have said nothing says something now. */
export async function hasCome(services: Services, silent: readonly string[]): Promise<boolean> {
  const answers = silent.map((name) =>
    services
      .holding(name)
      ?.describe(name, '', describeTimeoutMs)
      .catch(() => undefined),
  );
  return (await Promise.all(answers)).some((said) => said !== undefined);
}
