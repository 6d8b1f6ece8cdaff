// cacheControl: what a request's Cache-Control header asks of the cache (RFC 9111, section 5.2.1).

export interface CacheControl {
  /** Neither an answer that is kept, nor keep this one. */
  readonly noStore: boolean;
  /** No answer that is kept; this one may be. */
  readonly noCache: boolean;
  /** None that is older; null: it does not say. */
  readonly maxAgeMs: number | null;
  /** An answer that is kept, or none. */
  readonly onlyIfCached: boolean;
}

const SECONDS = /^"?(\d+)"?$/;

/** Null: there is none. What it does not know it ignores, as the standard has it. */
export function cacheControl(headers: Headers): CacheControl | null {
  const header = headers.get('cache-control') ?? withoutWord(headers);
  if (header === null) return null;
  let noStore = false;
  let noCache = false;
  let onlyIfCached = false;
  let maxAgeMs: number | null = null;
  for (const directive of header.toLowerCase().split(',')) {
    const [name = '', value = ''] = directive.split('=', 2).map((part) => part.trim());
    if (name === 'no-store') noStore = true;
    else if (name === 'no-cache') noCache = true;
    else if (name === 'only-if-cached') onlyIfCached = true;
    else if (name === 'max-age') {
      // An age that cannot be read is none: whoever asks for young answers must not get an old one.
      const ms = Number(SECONDS.exec(value)?.[1] ?? 0) * 1000;
      maxAgeMs = Math.min(maxAgeMs ?? ms, ms);
    }
  }
  return { noStore, noCache: noCache || maxAgeMs === 0, maxAgeMs, onlyIfCached };
}

/** HTTP/1.0's word counts where there is no other (RFC 9111, section 5.4). */
function withoutWord(headers: Headers): string | null {
  return headers.get('pragma')?.toLowerCase().includes('no-cache') ? 'no-cache' : null;
}
