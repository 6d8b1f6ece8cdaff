// Media by URL for targets that take only bytes: fetched once per request, and put in the URL's place.
import type { ChatCall, DocumentPart, ImagePart, Message, Part } from '../core/call.ts';
import type { Target, UpstreamDialect } from '../core/dialect.ts';
import { GatewayError } from '../core/errors.ts';
import type { Abort } from '../lib/abort.ts';
import {
  type FetchedMedia,
  fetchMedia,
  type MediaBudget,
  type MediaLimits,
} from '../upstream/fetch-media.ts';

/** What a request has fetched so far: another candidate, and the same picture twice, cost nothing more. */
export type MediaFetches = Map<string, Promise<FetchedMedia>>;

/** More in one request is somebody else's crawler. */
const MAX_FETCHES = 32;
/** All that one request fetches may be so many times its largest file: it is held in memory, and so is what is made of it. */
const MAX_WHOLE_FILES = 4;

interface Fetching {
  readonly limits: MediaLimits;
  readonly fetches: MediaFetches;
  readonly budget: MediaBudget;
  readonly abort: Abort<GatewayError>;
}

type Media = ImagePart | DocumentPart;

/** True where something in the call has to be fetched for this target. */
export function hasForeignMedia(call: ChatCall, dialect: UpstreamDialect, target: Target): boolean {
  if (dialect.needsBytes === undefined) return false;
  const isToFetch = (part: Part): boolean =>
    part.type === 'tool-result'
      ? part.content.some(isToFetch)
      : (part.type === 'image' || part.type === 'document') && isForeign(part, dialect, target);
  return call.messages.some(({ parts }) => parts.some(isToFetch));
}

/** The call with every such part as bytes. Throws `media_unavailable` that names the part. */
export async function withMediaInline(
  call: ChatCall,
  dialect: UpstreamDialect,
  target: Target,
  asked: Omit<Fetching, 'budget'>,
): Promise<ChatCall> {
  const budget = { left: MAX_WHOLE_FILES * asked.limits.maxBytes };
  const fetching: Fetching = { ...asked, budget };
  const inline = async (part: Media, path: string): Promise<Media> => {
    const { source } = part;
    if (source.kind !== 'url' || !isForeign(part, dialect, target)) return part;
    const { mediaType, data } = await fetched(source.url, path, fetching);
    refuseOtherKinds(part, mediaType, path);
    return { ...part, source: { kind: 'base64', mediaType, data } };
  };
  const messages = call.messages.map(async (message): Promise<Message> => {
    const parts = message.parts.map((part, at) =>
      inlined(part, `${message.path}.content[${at}]`, inline),
    );
    return { ...message, parts: await Promise.all(parts) };
  });
  return { ...call, messages: await Promise.all(messages) };
}

/** Pages that say "sign in" come with a 200: taken for the file, they would be shown to the model as one. */
function refuseOtherKinds({ type }: Media, mediaType: string, path: string): void {
  const fits =
    type === 'image'
      ? mediaType.startsWith('image/') || mediaType === 'application/octet-stream'
      : mediaType !== 'text/html';
  if (fits) return;
  throw new GatewayError(
    'media_unavailable',
    `${path}: what is at its URL is ${mediaType.slice(0, 80)}, not ${type === 'image' ? 'a picture' : 'a document'}`,
    { param: path },
  );
}

async function inlined(
  part: Part,
  path: string,
  inline: (part: Media, path: string) => Promise<Media>,
): Promise<Part> {
  if (part.type === 'image' || part.type === 'document') return inline(part, path);
  if (part.type !== 'tool-result') return part;
  const content = await Promise.all(
    part.content.map((inner) =>
      inner.type === 'image' || inner.type === 'document' ? inline(inner, path) : inner,
    ),
  );
  return { ...part, content };
}

function fetched(
  url: string,
  path: string,
  { limits, fetches, budget, abort }: Fetching,
): Promise<FetchedMedia> {
  const known = fetches.get(url);
  if (known) return known;
  const controller = new AbortController();
  const stop = (reason: GatewayError) => controller.abort(reason);
  abort.add(stop);
  const refused = fetches.size >= MAX_FETCHES;
  const media = fetchMedia(
    url,
    path,
    refused ? { ...limits, fetch: false } : limits,
    budget,
    controller.signal,
  ).finally(() => abort.remove(stop));
  fetches.set(url, media);
  // Given up with whoever asked first: who is asked later begins anew.
  media.catch(() => controller.signal.aborted && fetches.delete(url));
  return media;
}

function isForeign(part: Media, dialect: UpstreamDialect, target: Target): boolean {
  return part.source.kind === 'url' && dialect.needsBytes?.(part, target) === true;
}
