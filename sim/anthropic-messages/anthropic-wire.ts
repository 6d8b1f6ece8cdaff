// Anthropic's wire: Messages, count_tokens and the list of models.
import type { Behaviour } from '../behaviour.ts';
import { MODELS } from '../models.ts';
import type { Wire } from '../wire.ts';
import {
  anthropicError,
  anthropicErrorBody,
  anthropicMissingKey,
  anthropicNoSuchPage,
  anthropicRefusal,
} from './errors.ts';
import { messageFrames, PING } from './message-frames.ts';
import { claudePrefill } from './prefill.ts';
import { readMessages } from './read-messages.ts';
import { writeMessages } from './write-messages.ts';

export const anthropicWire: Wire = {
  prefill: claudePrefill,
  readAsk: (body, request, behaviour) =>
    readMessages(body, request, behaviour.strict, request.path.includes('/count_tokens')),
  reply: writeMessages,
  frames: messageFrames,
  requestId: (ids) => ids.next('req_011C', 20),
  headers: (behaviour, requestId) => `request-id: ${requestId}\r\n${rateLimit(behaviour)}`,
  error: anthropicError,
  refusal: anthropicRefusal,
  missingKey: anthropicMissingKey,
  errorBody: anthropicErrorBody,
  errorFrame: (error, shape, requestId) =>
    `event: error\ndata: ${anthropicErrorBody(error, shape, requestId)}\n\n`,
  malformed:
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"los\n\n',
  heartbeat: PING,
  models: () =>
    `{"data":[${MODELS.map(({ id }) => modelText(id)).join(',')}],"has_more":false,` +
    `"first_id":"${MODELS[0]?.id}","last_id":"${MODELS.at(-1)?.id}"}`,
  model: modelText,
  noSuchPage: anthropicNoSuchPage,
};

function modelText(id: string): string {
  return JSON.stringify({
    type: 'model',
    id,
    display_name: `Simulated ${id}`,
    created_at: '2026-01-01T00:00:00Z',
  });
}

/** https://docs.claude.com/en/api/rate-limits#response-headers */
function rateLimit({ ratelimit }: Behaviour): string {
  if (ratelimit === null) return '';
  const reset = new Date(Date.now() + 60_000).toISOString().replace(/\.\d+Z$/, 'Z');
  const line = (what: string, limit: number, left: number) =>
    `anthropic-ratelimit-${what}-limit: ${limit}\r\nanthropic-ratelimit-${what}-remaining: ${left}\r\nanthropic-ratelimit-${what}-reset: ${reset}\r\n`;
  return (
    line('requests', 4000, ratelimit) +
    line('tokens', 480_000, ratelimit * 120) +
    line('input-tokens', 400_000, ratelimit * 100)
  );
}
