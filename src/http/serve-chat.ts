// serveChat: the one handler behind every chat endpoint, whatever its dialect: admit, read, plan, complete, reply.
import type { Delivered } from '../core/delivered.ts';
import type { ChatDialect } from '../core/dialect.ts';
import { attemptsOf } from '../gateway/attempts-of.ts';
import { cacheUse } from '../gateway/caching/cache-use.ts';
import { recordRecall } from '../gateway/caching/record-recall.ts';
import { Tape } from '../gateway/caching/tape.ts';
import { chatWork } from '../gateway/chat-work.ts';
import { complete } from '../gateway/complete.ts';
import { dressedFor } from '../gateway/dressing-of.ts';
import { expectedOfChat } from '../gateway/expected-usage.ts';
import { fallbackPolicy } from '../gateway/fallback-policy.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { hold, holdForNothing } from '../gateway/hold.ts';
import { readInbound } from '../gateway/inbound.ts';
import { keeperOf } from '../gateway/keep-response.ts';
import { OutputVerdict } from '../gateway/output-verdict.ts';
import { callersSnapshot } from '../gateway/own-keys.ts';
import { limitByRouter, planFor } from '../gateway/plan-for.ts';
import type { Recording } from '../gateway/recording.ts';
import { requestFacts } from '../gateway/request-facts.ts';
import { Rescue } from '../gateway/rescue.ts';
import { asRouted, withPast } from '../gateway/with-past.ts';
import { cachedReply } from './cached-reply.ts';
import { chatReply } from './chat-reply.ts';
import { requestedFaults, requestsFaults } from './fault-header.ts';
import { readBody } from './read-body.ts';
import {
  type Admitted,
  type Endpoint,
  noteRefused,
  noteUnavailable,
  serveExchange,
} from './serve-exchange.ts';

export function serveChat(
  endpoint: Endpoint,
  request: Request,
  gateway: Gateway,
): Promise<Response> {
  return serveExchange(endpoint, request, gateway, (admitted, recording) =>
    answer(endpoint.dialect, request, admitted, gateway, recording),
  );
}

async function answer(
  dialect: ChatDialect,
  request: Request,
  { key, scope, bodies, room, over }: Admitted,
  gateway: Gateway,
  recording: Recording,
): Promise<Response> {
  const snapshot = callersSnapshot(gateway, key, request.headers);
  const text = await readBody(request, snapshot.maxBodyBytes);
  bodies?.request(text);
  const read = noteRefused(recording, dialect, request.headers, (seen) =>
    readInbound(dialect, text, request.headers, 'answer', seen),
  );
  const { model, stream, user, options } = read;
  const metadata = options.metadata ?? null;
  recording.request({ stream, user, requestedModel: model, metadata });
  bodies?.of(user);
  const faults = requestsFaults(request.headers)
    ? await requestedFaults(request.headers, key, gateway)
    : null;
  scope.limit(options.fallback?.total_timeout ?? snapshot.timeouts.totalMs);
  const past = { tenant: key.id, maxBytes: snapshot.maxBodyBytes, abort: scope.abort };
  const whole = withPast(read, past, gateway, recording);
  // Each wait costs a turn of the event loop's queue: only what is looked up is waited for.
  const remembered = whole instanceof Promise ? await whole : whole;
  const routed = asRouted(remembered, snapshot);
  const asked = routed instanceof Promise ? await routed : routed;
  const facts = requestFacts(asked, recording.start.id);
  const planned = planFor(remembered, facts, key, snapshot, gateway.live);
  recording.plan(planned);
  bodies?.routed(planned.settings?.logBodies);
  limitByRouter(scope, options, planned);
  const inbound = dressedFor(remembered, planned);
  recording.asks(inbound.body);
  const output = dialect.outputOf(inbound.body);
  if (output.type !== 'text') recording.judge(new OutputVerdict(output));
  noteUnavailable(inbound, planned, recording);
  const sent = inbound === remembered ? facts : requestFacts(inbound, recording.start.id);
  const asking = { inbound, plan: planned, key, headers: request.headers, snapshot };
  const cache = faults === null ? cacheUse(asking, gateway.answers) : null;
  const found = cache?.find() ?? null;
  const kept = found instanceof Promise ? await found : found;
  const { abort } = scope;
  const to = { inbound, asked: remembered.body, recording, bodies, room, abort, over };
  if (kept !== null) {
    const free = holdForNothing({ key, user, room }, gateway);
    if (free !== undefined) await free;
    recordRecall(recording, kept, gateway.answers.now());
    const keep = keeperOf(remembered, null, recording, gateway.responses, key.id);
    return cachedReply(kept, { ...to, keep, rescue: null, tape: null });
  }
  const expects = expectedOfChat(inbound, sent);
  const { limits: settings } = snapshot;
  const held = hold({ key, user, plan: planned, expects, settings, room }, gateway);
  const allowed = held instanceof Promise ? await held : held;
  if (allowed !== planned) recording.plan(allowed);
  // A router's prompt is the same for all: a conversation is known by what the caller wrote.
  const sticky = { user, opening: () => dialect.openingOf(remembered.body) };
  const attempts = attemptsOf(allowed, sticky, gateway, recording, scope, faults);
  const policy = fallbackPolicy(options, planned.settings?.fallback, stream, snapshot);
  const work = (delivered: Delivered | null) =>
    chatWork(inbound, policy, snapshot, attempts.line, delivered);
  const answered = await complete(work(null), attempts);
  // What the router put in is not the caller's: neither to be read again nor to be gone on from with another.
  const keep = keeperOf(remembered, answered, recording, gateway.responses, key.id);
  const resumes = policy.resume && dialect.isOneText(inbound.body) && attempts.line.hasMore();
  const rescue = resumes ? new Rescue(attempts, work) : null;
  const tape = cache !== null && answered.kind === 'stream' ? new Tape() : null;
  cache?.keepAnswer(
    recording,
    answered,
    answered.kind === 'reply' ? answered : (tape ?? new Tape()),
  );
  return chatReply(answered, { ...to, keep, rescue, tape });
}
