// fetchMedia: a picture or document from its public URL, on a caller's behalf, for providers that take only bytes.
// Whoever names the URL must not learn or touch anything a stranger could not: only public addresses, each redirect checked
// again, the connection made to the very address that was checked, with limits on size and time.
import { lookup } from 'node:dns/promises';
import { type BlockList, isIP, isIPv6 } from 'node:net';
import { GatewayError } from '../core/errors.ts';
import { isPublicAddress } from '../lib/public-address.ts';
import { untilAborted } from '../lib/until-aborted.ts';

export interface MediaLimits {
  /** False: nothing is fetched. */
  readonly fetch: boolean;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  /** Hosts, by name, that may stand in a private network. */
  readonly allowedHosts: ReadonlySet<string>;
  /** Private networks that may be asked. */
  readonly allowedNetworks: BlockList;
}

/** What one request may still fetch, in bytes: each file is held until the request is answered. */
export interface MediaBudget {
  left: number;
}

export interface FetchedMedia {
  /** As its server says, or as its first bytes do. */
  readonly mediaType: string;
  /** Base64. */
  readonly data: string;
}

const MAX_REDIRECTS = 3;

/** Throws `media_unavailable` that says what is wrong with `what` (such as `messages[0].content[1]`); never the URL's query, which may hold a signature. */
export async function fetchMedia(
  url: string,
  what: string,
  limits: MediaLimits,
  budget: MediaBudget,
  signal: AbortSignal,
): Promise<FetchedMedia> {
  const fail = (problem: string) =>
    new GatewayError('media_unavailable', `${what}: ${problem}`, { param: what });
  if (!limits.fetch)
    throw fail(
      'this model takes files only as bytes, and fetching them is switched off here (media.fetch): send the file itself',
    );
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(limits.timeoutMs)]);
  let at = url;
  try {
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const response = await ask(at, limits, deadline, fail);
      const location = response.headers.get('location');
      if (response.status >= 300 && response.status < 400 && location !== null) {
        await response.body?.cancel();
        at = new URL(location, at).href;
        continue;
      }
      if (!response.ok) {
        await response.body?.cancel();
        throw fail(`its URL answered with status ${response.status}`);
      }
      return await read(response, limits.maxBytes, budget, fail);
    }
  } catch (thrown) {
    if (thrown instanceof GatewayError) throw thrown;
    if (signal.aborted && signal.reason instanceof GatewayError) throw signal.reason;
    throw fail(
      deadline.aborted
        ? `its URL did not answer within ${limits.timeoutMs} ms (media.timeout)`
        : 'its URL could not be read',
    );
  }
  throw fail(`its URL redirects more than ${MAX_REDIRECTS} times`);
}

type Fail = (problem: string) => GatewayError;

async function ask(
  address: string,
  limits: MediaLimits,
  signal: AbortSignal,
  fail: Fail,
): Promise<Response> {
  const url = URL.parse(address);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw fail('only http:// and https:// URLs are fetched');
  if (url.username !== '' || url.password !== '')
    throw fail('a URL with a user name or password is not fetched');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const ip = await checkedAddress(host, limits, signal, fail);
  const target = new URL(url);
  target.hostname = isIPv6(ip) ? `[${ip}]` : ip;
  return fetch(target, {
    headers: { host: url.host, accept: '*/*', 'user-agent': 'switchyard' },
    redirect: 'manual',
    signal,
    // The certificate is the name's, whatever address it was found at.
    ...(url.protocol === 'https:' && isIP(host) === 0 ? { tls: { serverName: host } } : {}),
  } as RequestInit);
}

/** The address to connect to: every address of the name has to be allowed, so that asking again gets no other answer. */
async function checkedAddress(
  host: string,
  limits: MediaLimits,
  signal: AbortSignal,
  fail: Fail,
): Promise<string> {
  const found =
    isIP(host) === 0
      ? await untilAborted(
          signal,
          lookup(host, { all: true }).catch(() => []),
        )
      : [{ address: host, family: isIP(host) }];
  const first = found[0];
  if (first === undefined) throw fail("its URL's host could not be found");
  if (limits.allowedHosts.has(host.toLowerCase())) return first.address;
  for (const { address, family } of found) {
    if (isPublicAddress(address)) continue;
    if (limits.allowedNetworks.check(address, family === 6 ? 'ipv6' : 'ipv4')) continue;
    throw fail(
      'its URL leads into a private network, which is not fetched from (an operator may allow it in media.allow)',
    );
  }
  return first.address;
}

async function read(
  response: Response,
  maxBytes: number,
  budget: MediaBudget,
  fail: Fail,
): Promise<FetchedMedia> {
  const tooLarge = () =>
    fail(
      `the file at its URL is larger than ${Math.round(maxBytes / 1024 ** 2)} MB (media.max_size)`,
    );
  if (Number(response.headers.get('content-length') ?? 0) > maxBytes) {
    await response.body?.cancel();
    throw tooLarge();
  }
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.byteLength;
    budget.left -= piece.byteLength;
    if (bytes > maxBytes) throw tooLarge();
    if (budget.left < 0)
      throw fail('with the others of this request it is more than may be fetched (media.max_size)');
    pieces.push(piece);
  }
  const whole = Buffer.concat(pieces);
  if (whole.length === 0) throw fail('there is nothing at its URL');
  return { mediaType: mediaTypeOf(response, whole), data: whole.toString('base64') };
}

/** How files of these types begin. Servers of buckets often know only `application/octet-stream`. */
const BEGINNINGS: readonly (readonly [string, string])[] = [
  ['89504e47', 'image/png'],
  ['ffd8ff', 'image/jpeg'],
  ['47494638', 'image/gif'],
  ['25504446', 'application/pdf'],
];

function mediaTypeOf(response: Response, bytes: Buffer): string {
  const start = bytes.subarray(0, 12).toString('hex');
  const known = BEGINNINGS.find(([beginning]) => start.startsWith(beginning));
  if (known) return known[1];
  if (start.startsWith('52494646') && start.endsWith('57454250')) return 'image/webp';
  const declared = (response.headers.get('content-type') ?? '').split(';')[0]?.trim() ?? '';
  return declared === '' ? 'application/octet-stream' : declared.toLowerCase();
}
