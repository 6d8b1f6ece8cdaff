// ChatCall → a request of this wire for one target, with everything it could not carry named. The same call gives the
// same bytes: providers' prompt caches depend on it.
import type { ChatCall } from '../../core/call.ts';
import type { EncodedCall, Target } from '../../core/dialect.ts';
import { asObject, type JsonRecord } from '../../lib/json.ts';
import { disguiseOf } from '../disguise.ts';
import { findRule } from '../find-rule.ts';
import { toldInWords } from '../told-in-words.ts';
import { type NameLimits, withTakenNames } from '../tool-names.ts';
import { encodeContents } from './encode-contents.ts';
import { encodeTools } from './encode-tools.ts';
import { generationConfig } from './generation-config.ts';
import { ownFields } from './own-fields.ts';

/** The shortest of the lengths its references name (ai.google.dev/api/caching#FunctionDeclaration and its Vertex counterpart). */
const TOOL_NAMES: NameLimits = { pattern: /^[a-zA-Z_][a-zA-Z0-9_.-]*$/, maxChars: 64 };

/** Throws `invalid_request` where a part has no lawful form. */
export function encodeCall(asked: ChatCall, target: Target): EncodedCall {
  const losses: string[] = [];
  const lose = (what: string): void => {
    if (!losses.includes(what)) losses.push(what);
  };
  const told = toldInWords(asked, (path, problem) => lose(`${path}: ${problem}`));
  const { call, toolNames } = withTakenNames(told, TOOL_NAMES);
  const rule = findRule(target.model, target.quirks.modelRules ?? []);
  const own = ownFields(call, lose);
  const { system, contents } = encodeContents(call.messages, rule, lose);
  const { tools, toolConfig, answerTool } = encodeTools(call, own.search, rule, target, lose);
  const config = generationConfig(call, rule, target, answerTool !== null, lose);
  const whole = withOwn(config, own.config);
  loseMarks(call, lose);
  const body: JsonRecord = {
    ...(system.length === 0 ? {} : { systemInstruction: { parts: system } }),
    contents: contents.map(({ role, parts }) => ({ role, parts })),
    ...(tools.length === 0 ? {} : { tools }),
    ...(toolConfig === null ? {} : { toolConfig }),
    ...(Object.keys(whole).length === 0 ? {} : { generationConfig: whole }),
    ...own.top,
  };
  const disguise = disguiseOf({ customTools: asked.tools, answerTool, toolNames });
  return { body: JSON.stringify(body), losses, ...disguise };
}

/** What the caller says in the vendor's own words stands; of an object, member by member. */
function withOwn(config: JsonRecord, own: JsonRecord): JsonRecord {
  const both: { [name: string]: JsonRecord[string] } = { ...config };
  for (const [name, value] of Object.entries(own)) {
    const known = asObject(both[name]);
    const given = asObject(value);
    // A level and a budget together are refused: the caller's own goes alone.
    const joined =
      known && given
        ? { ...withoutMeasure(known as JsonRecord, given as JsonRecord), ...given }
        : value;
    both[name] = joined as JsonRecord[string];
  }
  return both;
}

function withoutMeasure(known: JsonRecord, given: JsonRecord): JsonRecord {
  if (given.thinkingLevel === undefined && given.thinkingBudget === undefined) return known;
  const { thinkingLevel: _, thinkingBudget: __, ...rest } = known;
  return rest;
}

/** This wire caches beginnings unasked, and other things only by name; marks say nothing to it. */
function loseMarks({ messages, tools }: ChatCall, lose: (what: string) => void): void {
  const marked =
    messages.reduce(
      (sum, { parts }) => sum + parts.filter(({ cache }) => cache !== undefined).length,
      0,
    ) + tools.filter((tool) => tool.type !== 'opaque' && tool.cache !== undefined).length;
  if (marked > 0)
    lose(
      `cache_control: ${marked} prompt-cache ${marked === 1 ? 'mark' : 'marks'} dropped; the API caches unasked`,
    );
}
