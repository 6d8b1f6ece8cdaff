// Fields of a call that have no word in the hub: those of this wire go out as they were written, whichever wire brought them;
// the others' are named as lost.
import type { ChatCall } from '../../core/call.ts';
import { OUR_FIELDS } from '../../core/options.ts';
import { asObject, asString, isObject, type JsonObject } from '../../lib/json.ts';
import { isDefault, loseChance } from '../anthropic-messages/encode-extras.ts';
import type { Block } from './encode-document.ts';

type Lose = (what: string) => void;

/** docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html, but for what the call itself says. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  'guardrailConfig',
  'performanceConfig',
  'promptVariables',
  'requestMetadata',
  'serviceTier',
]);
/** The other wires' word for the tier. */
const TIERS: ReadonlySet<string> = new Set(['default', 'flex', 'priority', 'reserved']);

export interface Extras {
  readonly body: Block;
  /** The model's own request fields, and the paths of its own answer's fields, as the caller wrote them. */
  readonly fields: JsonObject;
  readonly paths: readonly string[];
  /** Anthropic's mark on the request itself: the provider is to cache all of it. */
  readonly cache: JsonObject | null;
}

/** @param said the model's own request fields, as far as the call itself says them. */
export function encodeExtras(call: ChatCall, said: Block, lose: Lose): Extras {
  const body: Block = {};
  let fields: JsonObject = {};
  let paths: string[] = [];
  let cache: JsonObject | null = null;
  for (const [dialect, own] of Object.entries(call.extra)) {
    for (const field in own) {
      const value = own[field];
      if (value === undefined) continue;
      if (OWN_FIELDS.has(field)) body[field] = value;
      else if (field === 'additionalModelRequestFields') fields = { ...fields, ...asObject(value) };
      else if (field === 'additionalModelResponseFieldPaths' && Array.isArray(value))
        paths = value.filter((path) => typeof path === 'string');
      else if (field === 'service_tier' && TIERS.has(asString(value) ?? ''))
        body.serviceTier = { type: value };
      else if (field === 'cache_control' && isObject(value)) cache = value;
      // What else Claude's own callers said beside how much to think, to Claude.
      else if (dialect === 'anthropic-messages' && isObject(said[field]) && isObject(value))
        fields = { ...fields, [field]: { ...(said[field] as JsonObject), ...value } };
      else if (OUR_FIELDS.has(field)) lose(`${field}: dropped; this provider is not asked for it`);
      else if (!isDefault(field, value)) lose(`${field}: dropped; only ${dialect} has it`);
    }
  }
  loseChance(call, lose);
  return { body, fields, paths, cache };
}
