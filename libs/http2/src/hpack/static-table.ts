/** The static table of RFC 7541, appendix A: what every peer knows without being told. */
import type { Field } from '../types.ts';

const fields = `:authority|
:method|GET
:method|POST
:path|/
:path|/index.html
:scheme|http
:scheme|https
:status|200
:status|204
:status|206
:status|304
:status|400
:status|404
:status|500
accept-charset|
accept-encoding|gzip, deflate
accept-language|
accept-ranges|
accept|
access-control-allow-origin|
age|
allow|
authorization|
cache-control|
content-disposition|
content-encoding|
content-language|
content-length|
content-location|
content-range|
content-type|
cookie|
date|
etag|
expect|
expires|
from|
host|
if-match|
if-modified-since|
if-none-match|
if-range|
if-unmodified-since|
last-modified|
link|
location|
max-forwards|
proxy-authenticate|
proxy-authorization|
range|
referer|
refresh|
retry-after|
server|
set-cookie|
strict-transport-security|
transfer-encoding|
user-agent|
vary|
via|
www-authenticate|`;

/** The fields with indices 1 to 61, at 0 to 60. */
export const staticTable: readonly Field[] = fields.split('\n').map((line): Field => {
  const bar = line.indexOf('|');
  return [line.slice(0, bar), line.slice(bar + 1)];
});

/** The index of the first field of a name, and of each of its fields that has a value. */
const indices = new Map<string, { readonly first: number; readonly values: Map<string, number> }>();
staticTable.forEach(([name, value], at) => {
  const known = indices.get(name) ?? { first: at + 1, values: new Map<string, number>() };
  known.values.set(value, at + 1);
  indices.set(name, known);
});

/** The index of a field that is in the table with its value; undefined where it is not. */
export const staticFieldIndex = (name: string, value: string): number | undefined =>
  indices.get(name)?.values.get(value);

/** The index of a name that is in the table; 0, which says that the name follows, where it is not. */
export const staticNameIndex = (name: string): number => indices.get(name)?.first ?? 0;
