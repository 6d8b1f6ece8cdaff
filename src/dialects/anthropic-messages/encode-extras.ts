// Fields of a call that have no word in the hub: this wire's own come back, others' are named as lost.
import type { ChatCall } from '../../core/call.ts';
import { OUR_FIELDS } from '../../core/options.ts';
import { isObject, type Json, type JsonObject } from '../../lib/json.ts';
import { asksNothing } from '../asks-nothing.ts';
import type { Block } from './encode-content.ts';

type Lose = (what: string) => void;
const DIALECT = 'anthropic-messages';

/** Fields only this wire knows, of a call that was read from it. Those of single blocks went by their path. */
export function ownExtras({ extra }: ChatCall, steering: object, lose: Lose): Block {
  const own: JsonObject = extra[DIALECT] ?? {};
  const out: Block = {};
  for (const field in own) {
    const value = own[field];
    if (value === undefined) continue;
    if (field.includes('[') || field.includes('.')) lose(`${field}: dropped`);
    else if (OUR_FIELDS.has(field)) loseOurs(field, lose);
    else if (field in steering && isObject(value)) {
      out[field] = { ...(steering as Record<string, object>)[field], ...value } as Json;
    } else out[field] = value;
  }
  return out;
}

/** Values that say no more than the wire's own default. */
export function isDefault(field: string, value: Json | undefined): boolean {
  return asksNothing(value) || value === (field === 'n' ? 1 : 0);
}

/** Asked of us, in a way this provider is not asked for. */
function loseOurs(field: string, lose: Lose): void {
  lose(`${field}: dropped; this provider is not asked for it`);
}

/** What the makers of these wires have no word for; also Bedrock's. */
export function loseChance({ sampling }: ChatCall, lose: Lose): void {
  const { seed, presencePenalty, frequencyPenalty } = sampling;
  if (seed !== undefined) lose('seed: dropped; the API has none');
  if (!isDefault('presence_penalty', presencePenalty))
    lose('presence_penalty: dropped; the API has none');
  if (!isDefault('frequency_penalty', frequencyPenalty))
    lose('frequency_penalty: dropped; the API has none');
}

export function loseForeign(call: ChatCall, lose: Lose): void {
  loseChance(call, lose);
  for (const [dialect, fields] of Object.entries(call.extra)) {
    if (dialect === DIALECT) continue;
    for (const field in fields) {
      if (OUR_FIELDS.has(field)) loseOurs(field, lose);
      else if (!isDefault(field, fields[field])) lose(`${field}: dropped; only ${dialect} has it`);
    }
  }
}
