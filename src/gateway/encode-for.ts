// encodeFor: the request as one candidate gets it: the caller's own text, or a translation.
import type { EncodedCall, Target, UpstreamDialect } from '../core/dialect.ts';
import { GatewayError } from '../core/errors.ts';
import type { Candidate } from '../core/plan.ts';
import type { Abort } from '../lib/abort.ts';
import type { AttemptSettings } from './attempt.ts';
import { withCacheMarks } from './cache-marks.ts';
import type { Inbound } from './inbound.ts';
import { hasForeignMedia, withMediaInline } from './inline-media.ts';
import type { Recording } from './recording.ts';
import { withThoughts, withThoughtsInText } from './restore-thoughts.ts';

/** Throws `unsupported_feature` under `strict` where something is lost, `media_unavailable` where a file cannot be had. */
export async function encodeFor(
  inbound: Inbound,
  dialect: UpstreamDialect,
  candidate: Candidate,
  recording: Recording,
  settings: AttemptSettings,
  abort: Abort<GatewayError>,
): Promise<EncodedCall> {
  const target = targetOf(candidate);
  const encoded = await (forwards(inbound, dialect, target, settings)
    ? forwarded(inbound, target, recording)
    : translated(inbound, dialect, target, recording, settings, abort));
  noteLosses(encoded.losses, inbound.options, candidate, recording);
  return encoded;
}

/** Names what a candidate does not get, or (`strict`) refuses to send anything less: `unsupported_feature`. */
export function noteLosses(
  losses: readonly string[],
  options: Inbound['options'],
  candidate: Candidate,
  recording: Recording,
): void {
  refuseLosses(losses, options, candidate);
  for (const loss of losses) recording.lose(loss);
}

/** Throws `unsupported_feature` where something is lost and `strict` is set. */
export function refuseLosses(
  losses: readonly string[],
  { strict }: Inbound['options'],
  candidate: Candidate,
): void {
  if (losses.length === 0 || strict !== true) return;
  throw new GatewayError(
    'unsupported_feature',
    `"strict" is set and ${candidate.id} cannot carry: ${losses.join('; ')}`,
  );
}

/** True where the caller's own text can go on: the wire is the same and nothing has to be put into the request. */
function forwards(
  inbound: Inbound,
  dialect: UpstreamDialect,
  target: Target,
  settings: Pick<AttemptSettings, 'promptCaching'>,
): boolean {
  if (dialect.id !== inbound.dialect.id) return false;
  if (
    wantsMarks(inbound, dialect, target, settings) &&
    withCacheMarks(inbound.call(), null).added.length > 0
  )
    return false;
  // Pictures by URL are looked for only where they would not be taken.
  return target.quirks.imageUrls !== false || !hasForeignMedia(inbound.call(), dialect, target);
}

/** The caller's own text, with the reasoning its client dropped where the target insists on it. */
function forwarded(
  inbound: Inbound,
  target: Target,
  recording: Recording,
): EncodedCall | Promise<EncodedCall> {
  const { dialect, memory, text, body } = inbound;
  const restoring = memory && withThoughtsInText(inbound, { target, memory, recording });
  if (!restoring) return dialect.forwardCall(text, body, target);
  return restoring.then((restored) =>
    dialect.forwardCall(restored?.text ?? text, restored?.body ?? body, target),
  );
}

async function translated(
  inbound: Inbound,
  dialect: UpstreamDialect,
  target: Target,
  recording: Recording,
  settings: AttemptSettings,
  abort: Abort<GatewayError>,
): Promise<EncodedCall> {
  const { memory } = inbound;
  let call = inbound.call();
  if (memory) call = await withThoughts(call, { dialect, target, memory, recording });
  if (wantsMarks(inbound, dialect, target, settings)) {
    const marked = withCacheMarks(call, cachingOf(inbound, settings)?.ttl ?? null);
    call = marked.call;
    for (const place of marked.added) recording.add(`${place}: prompt-cache mark`);
  }
  if (hasForeignMedia(call, dialect, target)) {
    const { media: limits } = settings;
    call = await withMediaInline(call, dialect, target, {
      limits,
      fetches: inbound.fetches,
      abort,
    });
  }
  return dialect.encodeCall(call, target);
}

function cachingOf(inbound: Inbound, settings: Pick<AttemptSettings, 'promptCaching'>) {
  return inbound.options.prompt_caching ?? settings.promptCaching;
}

function wantsMarks(
  inbound: Inbound,
  dialect: UpstreamDialect,
  target: Target,
  settings: Pick<AttemptSettings, 'promptCaching'>,
): boolean {
  return (
    cachingOf(inbound, settings)?.mode === 'auto' && dialect.takesCacheMarks?.(target) === true
  );
}

/** What an encoder may know of a candidate. */
export function targetOf(candidate: Candidate): Target {
  const { provider } = candidate.configured;
  return {
    provider: provider.id,
    model: candidate.model,
    quirks: provider.quirks,
    maxOutput: candidate.facts?.maxOutput ?? null,
    context: candidate.facts?.context ?? null,
    reasoning: candidate.facts?.abilities.reasoning ?? null,
    efforts: candidate.facts?.thinking?.efforts ?? null,
    temperature: candidate.facts?.abilities.temperature ?? null,
  };
}
