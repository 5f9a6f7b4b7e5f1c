import { createSecret } from '@sheaf/transport';
import type { Environment } from './environment.ts';

const variable = 'OTEL_EXPORTER_OTLP_HEADERS_FILE';

/** Answers what the file that OTEL_EXPORTER_OTLP_HEADERS_FILE names says now, written as OTEL_EXPORTER_OTLP_HEADERS is; '' where no file is named or it cannot be used. */
export function headersFile({ [variable]: file }: Environment): () => string {
  if (!file) return () => '';
  const secret = createSecret(variable, { file });
  return () => {
    try {
      return formatHeaders(parseHeaders(secret()));
    } catch {
      // It has been told that the file cannot be used. The collector may take the spans without.
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
