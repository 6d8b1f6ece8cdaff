// POST /images/generations and /images/edits: a prompt (and pictures) in, pictures out, whole or as events.
import type { Operation, OperationId } from '../core/operation.ts';
import { UNKNOWN_USAGE, type Usage } from '../core/usage.ts';
import { asArray, asNumber, asObject, type JsonObject } from '../lib/json.ts';
import { checkCount, needText } from './checks.ts';
import { openaiWire } from './openai-wire.ts';
import { readUsage } from './usage.ts';

export const imageGenerations = images('images.generations', '/images/generations', 'json');
/** A form with the pictures in it; some take JSON with their addresses instead. */
export const imageEdits = images('images.edits', '/images/edits', 'either');

function images(id: OperationId, path: string, takes: Operation['takes']): Operation {
  return {
    id,
    path,
    takes,
    gives: 'object',
    check(body) {
      needText(body, 'prompt');
      checkCount(body, 'n');
    },
    usageOf: () => UNKNOWN_USAGE,
    inputText: () => null,
    wires: { openai: openaiWire({ path, answer: 'data', usage: imageUsage }) },
  };
}

/** How many came is what was sold, whatever `n` asked for. */
function imageUsage(body: JsonObject): Usage {
  const usage = asObject(body.usage);
  const pictures = asNumber(asObject(usage?.input_tokens_details)?.image_tokens) ?? 0;
  return {
    ...readUsage(body),
    images: asArray(body.data).length,
    // Tokens of pictures that come in are sold at another rate than those of text, and no list tells it.
    ...(pictures > 0 ? { tier: 'pictures in' } : {}),
  };
}
