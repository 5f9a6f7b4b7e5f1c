import { createSecret } from '@sheaf/transport';
import { type Environment, withVariables } from './environment.ts';

const fileVariable = 'OTEL_EXPORTER_OTLP_HEADERS_FILE';

/**
 * Answers an exporter with the headers that `variable` and the file say now: exporters read them once, so another is made when the file says something else.
 * The one before ends when what it still sends is answered.
 */
export function currentExporter<E extends { shutdown(): Promise<void> }>(
  variable: string,
  environment: Environment,
  make: () => E,
): () => E {
  const headers = headersFile(environment);
  const open = (inFile: string): E => {
    const all = [environment[variable], inFile].filter(Boolean).join(',');
    return withVariables({ ...environment, [variable]: all || undefined }, make);
  };
  let seen = headers();
  let exporter = open(seen);
  return () => {
    const now = headers();
    if (now === seen) return exporter;
    void exporter.shutdown();
    seen = now;
    exporter = open(seen);
    return exporter;
  };
}

/** Answers what the file that OTEL_EXPORTER_OTLP_HEADERS_FILE names says now, written as OTEL_EXPORTER_OTLP_HEADERS is; '' where no file is named or it cannot be used. */
function headersFile({ [fileVariable]: file }: Environment): () => string {
  if (!file) return () => '';
  const secret = createSecret(fileVariable, { file });
  return () => {
    try {
      return formatHeaders(parseHeaders(secret()));
    } catch {
      // It has been told that the file cannot be used. The collector may take what is sent without.
      return '';
    }
  };
}

/** `name=value`, with commas between; values as in a URL. What is none is left out: it may be half a secret. */
function parseHeaders(text: string): Map<string, string> {
  const pairs = text.split(',').flatMap((part): [string, string][] => {
    const at = part.indexOf('=');
    const name = part.slice(0, at).trim().toLowerCase();
    return at > 0 && /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) ? [[name, decoded(part.slice(at + 1).trim())]] : [];
  });
  return new Map(pairs);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    // A value with a % of its own.
    return value;
  }
}

const formatHeaders = (headers: ReadonlyMap<string, string>): string =>
  [...headers].map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join(',');
