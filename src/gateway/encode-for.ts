// encodeFor: the request as one candidate gets it: the caller's own text, or a translation.
import type { ChatCall } from '../core/call.ts';
import type { Delivered } from '../core/delivered.ts';
import type { EncodedCall, Target, UpstreamDialect } from '../core/dialect.ts';
import { GatewayError } from '../core/errors.ts';
import type { Candidate } from '../core/plan.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Asking, AttemptSettings } from './attempt.ts';
import type { AttemptRecording } from './attempt-recording.ts';
import { withCacheMarks } from './cache-marks.ts';
import { type Continued, continueCall } from './continue-call.ts';
import type { Inbound } from './inbound.ts';
import { hasForeignMedia, withMediaInline } from './inline-media.ts';
import { withThoughts, withThoughtsInText } from './restore-thoughts.ts';
import { fitPut, unsaidLosses } from './routed-settings.ts';

/** A request as one candidate gets it. */
interface EncodedFor {
  readonly encoded: EncodedCall;
  /** How it asks to go on with an answer that another began; null where it asks for one. */
  readonly continued: Continued | null;
}

/**
 * Throws `unsupported_feature` under `strict` where something is lost and where nobody could truthfully go on,
 * `media_unavailable` where a file cannot be had.
 */
export async function encodeFor(asking: Asking, dialect: UpstreamDialect): Promise<EncodedFor> {
  const { inbound, target, record, delivered, inWords } = asking;
  const goal = targetOf(target.candidate);
  const continued =
    delivered === null ? null : goingOn(inbound.call(), delivered, goal, dialect, inWords);
  const encoded = await (continued === null && forwards(inbound, dialect, goal, asking.settings)
    ? forwarded(inbound, goal, record)
    : translated(continued?.call ?? inbound.call(), dialect, goal, asking));
  // What is lost is the caller's: what was put beside it to have it gone on with is not.
  const losses =
    continued === null ? encoded.losses : dialect.encodeCall(inbound.call(), goal).losses;
  noteLosses(losses, inbound.options, target.candidate, record);
  return { encoded, continued };
}

function goingOn(
  call: ChatCall,
  delivered: Delivered,
  target: Target,
  dialect: UpstreamDialect,
  inWords: boolean | undefined,
): Continued {
  const continued = continueCall(call, delivered, target, dialect, inWords);
  if (continued !== null) return continued;
  throw new GatewayError(
    'unsupported_feature',
    'The answer had parts that another model cannot go on from.',
  );
}

/** Names what a candidate does not get, or (`strict`) refuses to send anything less: `unsupported_feature`. */
export function noteLosses(
  losses: readonly string[],
  options: Inbound['options'],
  candidate: Candidate,
  recording: AttemptRecording,
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
  recording: AttemptRecording,
): EncodedCall | Promise<EncodedCall> {
  const { memory, text, body } = inbound;
  const restoring = memory && withThoughtsInText(inbound, { target, memory, recording });
  if (!restoring) return forwardedText(inbound, { text, body }, target);
  return restoring.then((restored) => forwardedText(inbound, restored ?? { text, body }, target));
}

/** With what the caller's router put to it, as far as the target is not known to refuse it. */
function forwardedText(
  { dialect, routed }: Inbound,
  { text, body }: { readonly text: string; readonly body: JsonObject },
  target: Target,
): EncodedCall {
  if (routed === undefined) return dialect.forwardCall(text, body, target);
  const fit = fitPut(text, body, routed, target);
  const encoded = dialect.forwardCall(fit?.body ?? text, fit?.fitted ?? body, target);
  const losses = [...encoded.losses, ...(fit?.losses ?? []), ...unsaidLosses(routed, dialect.id)];
  return { ...encoded, losses };
}

async function translated(
  asked: ChatCall,
  dialect: UpstreamDialect,
  target: Target,
  { inbound, record, settings, options }: Asking,
): Promise<EncodedCall> {
  const { memory } = inbound;
  let call = asked;
  if (memory) call = await withThoughts(call, { dialect, target, memory, recording: record });
  if (wantsMarks(inbound, dialect, target, settings)) {
    const marked = withCacheMarks(call, cachingOf(inbound, settings)?.ttl ?? null);
    call = marked.call;
    for (const place of marked.added) record.add(`${place}: prompt-cache mark`);
  }
  if (hasForeignMedia(call, dialect, target)) {
    const { media: limits } = settings;
    call = await withMediaInline(call, dialect, target, {
      limits,
      fetches: inbound.fetches,
      abort: options.abort,
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
