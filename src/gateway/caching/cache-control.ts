// cacheControl: what a request's Cache-Control header asks of the cache (RFC 9111, section 5.2.1).

export interface CacheControl {
  /** Neither an answer that is kept, nor keep this one. */
  readonly noStore: boolean;
  /** No answer that is kept; this one may be. */
  readonly noCache: boolean;
  /** None that is older; null: it does not say. */
  readonly maxAgeMs: number | null;
}

/** Null: there is none. What it does not know it ignores, as the standard has it. */
export function cacheControl(headers: Headers): CacheControl | null {
  const header = headers.get('cache-control');
  if (header === null) return null;
  let noStore = false;
  let noCache = false;
  let maxAgeMs: number | null = null;
  for (const directive of header.toLowerCase().split(',')) {
    const [name = '', value = ''] = directive.trim().split('=', 2);
    if (name === 'no-store') noStore = true;
    else if (name === 'no-cache') noCache = true;
    else if (name === 'max-age') {
      const seconds = Number(value.replaceAll('"', ''));
      if (value !== '' && Number.isFinite(seconds)) maxAgeMs = Math.max(0, seconds * 1000);
    }
  }
  return { noStore, noCache: noCache || maxAgeMs === 0, maxAgeMs };
}
