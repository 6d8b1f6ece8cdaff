// cacheHeader: the `cache` field in one line, for clients whose body cannot be changed: `semantic; ttl=10m; threshold=0.95`.
import { invalid } from './errors.ts';
import { cacheOptions, type GatewayOptions } from './options.ts';

export const CACHE_HEADER = 'x-switchyard-cache';

const NUMBER = /^\d+(?:\.\d+)?$/;
const QUOTED = /^"([^"]*)"$/;

/** Throws `invalid_request` naming the parameter. */
export function cacheHeader(header: string): NonNullable<GatewayOptions['cache']> {
  const parsed = cacheOptions.strict().safeParse(cacheWords(header, CACHE_HEADER));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const name = String(issue?.path[0] ?? '');
  if (name === '') throw invalid(CACHE_HEADER, `has a parameter it does not know: ${KNOWN}`);
  if (name === 'mode') throw invalid(CACHE_HEADER, 'must be "off", "exact" or "semantic"');
  throw invalid(CACHE_HEADER, `${name} ${issue?.message ?? 'is not valid'}`);
}

const PARAMETERS = Object.keys(cacheOptions.shape).filter((name) => name !== 'mode');
const KNOWN = `a mode, and after semicolons ${PARAMETERS.join('=…, ')}=… are`;

/** The words as the members of a `cache` field, unchecked. Throws `invalid_request` where they are no such words. */
export function cacheWords(
  line: string,
  param: string,
): { readonly [name: string]: string | number | boolean } {
  const found: { [name: string]: string | number | boolean } = {};
  for (const [place, part] of line.split(';').entries()) {
    const [name, value] = parameterOf(part, place, param);
    if (Object.hasOwn(found, name)) throw invalid(param, `has ${JSON.stringify(name)} twice`);
    // A name is the sender's: none of an object's own is meant.
    Object.defineProperty(found, name, { value: typed(name, value), enumerable: true });
  }
  return found;
}

/** The mode stands first, by itself, where it is given at all. */
function parameterOf(
  part: string,
  place: number,
  param: string,
): readonly [name: string, value: string] {
  const equals = part.indexOf('=');
  const written = part.slice(equals + 1).trim();
  const value = QUOTED.exec(written)?.[1] ?? written;
  if (equals !== -1) return [part.slice(0, equals).trim().toLowerCase(), value];
  if (place === 0) return ['mode', value];
  throw invalid(param, 'must be such as "semantic; ttl=10m; threshold=0.95; namespace=x"');
}

/** As the body would have it: a number of seconds, a share, yes or no. */
function typed(name: string, value: string): string | number | boolean {
  if (name === 'shadow' && (value === 'true' || value === 'false')) return value === 'true';
  return name !== 'namespace' && NUMBER.test(value) ? Number(value) : value;
}
