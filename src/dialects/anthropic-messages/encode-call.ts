// ChatCall → a request of this wire, for callers of other dialects. The same call gives the same bytes: keys stand in one
// order, nothing depends on time or chance, so prompt caches and bound thinking blocks hold from turn to turn.
import type { ChatCall } from '../../core/call.ts';
import type { EncodedCall, Target } from '../../core/dialect.ts';
import type { ModelRule } from '../../core/provider.ts';
import type { Json } from '../../lib/json.ts';
import { withAnswerTool } from '../answer-tool.ts';
import { disguiseOf } from '../disguise.ts';
import { speakingStops } from '../stops.ts';
import { dropExtraMarks } from './cache-marks.ts';
import type { Block } from './encode-content.ts';
import { encodeControls } from './encode-controls.ts';
import { loseForeign, ownExtras } from './encode-extras.ts';
import { encodeTools } from './encode-tools.ts';
import { encodeTurns } from './encode-turns.ts';
import { listedRule, ruleFor } from './model-rules.ts';

type Lose = (what: string) => void;

/** platform.claude.com/docs/en/api/messages, metadata.user_id */
const MAX_USER_CHARS = 256;

/** The request and what it could not carry. Throws `invalid_request` where a part has no lawful form. */
export function encodeCall(asked: ChatCall, target: Target): EncodedCall {
  const losses: string[] = [];
  const lose: Lose = (what) => losses.push(what);
  const rule = ruleOf(target);
  const forced =
    rule.outputSchema === false && rule.forcedTools !== false ? withAnswerTool(asked) : null;
  const call = forced?.call ?? asked;
  const { system, turns } = encodeTurns(call.messages, rule, lose);
  const tools = encodeTools(call.tools, rule, lose);
  const instructed = [...system, ...formatInstruction(call, rule, lose)];
  const { max_tokens, tool_choice, ...steering } = encodeControls(
    call,
    target,
    rule,
    tools.length,
    lose,
  );
  const body: Block = {
    model: target.model,
    max_tokens,
    ...(instructed.length === 0 ? {} : { system: plainOrBlocks(instructed) }),
    messages: turns.map(({ role, content }) => ({ role, content: plainOrBlocks(content) })),
    ...(tools.length === 0 ? {} : { tools }),
    ...((tool_choice === undefined ? {} : { tool_choice }) as Block),
    ...(steering as Block),
    ...encodeStop(call, lose),
    ...encodeUser(call, lose),
    ...(call.stream ? { stream: true } : {}),
    ...ownExtras(call, steering, lose),
  };
  dropExtraMarks(body, lose);
  loseForeign(call, lose);
  const { refusedFields } = target.quirks;
  for (const field of refusedFields ?? []) {
    if (!(field in body)) continue;
    delete body[field];
    lose(`${field}: refused by the provider; dropped`);
  }
  return {
    body: JSON.stringify(body),
    losses,
    ...disguiseOf({ customTools: asked.tools, answerTool: forced?.name }),
  };
}

/** The model's row; where none lists it, the catalogue may still know that it does not think. */
function ruleOf({ model, quirks, reasoning }: Target): ModelRule {
  const rule = ruleFor(model, quirks.modelRules);
  const unthinking = reasoning === false && listedRule(model, quirks.modelRules) === null;
  return unthinking ? { ...rule, thinking: [] } : rule;
}

/** One plain text is written as the string it stands for. */
function plainOrBlocks(blocks: readonly Block[]): Json {
  const only = blocks.length === 1 ? blocks[0] : undefined;
  return only?.type === 'text' && Object.keys(only).length === 2 ? (only.text ?? '') : blocks;
}

/** The API has no JSON mode without a schema, and some models none with one: they are asked. */
function formatInstruction({ output }: ChatCall, rule: ModelRule, lose: Lose): Block[] {
  const only = 'Answer with one JSON object and nothing else: no code fence, no other text.';
  if (output.type === 'json') {
    lose('response_format: the API has no schema-less JSON mode; asked for in the system prompt');
    return [{ type: 'text', text: only }];
  }
  if (output.type !== 'json-schema' || rule.outputSchema !== false) return [];
  lose('response_format: the model cannot be held to a schema; asked for in the system prompt');
  return [
    {
      type: 'text',
      text: `${only} It must fit this JSON Schema:\n${JSON.stringify(output.schema)}`,
    },
  ];
}

function encodeStop({ sampling }: ChatCall, lose: Lose): { stop_sequences?: string[] } {
  const stop = speakingStops(sampling, lose);
  return stop.length === 0 ? {} : { stop_sequences: stop };
}

function encodeUser({ user }: ChatCall, lose: Lose): { metadata?: Block } {
  if (user === null || user === '') return {};
  if (user.length <= MAX_USER_CHARS) return { metadata: { user_id: user } };
  lose(`user: longer than ${MAX_USER_CHARS} characters; dropped`);
  return {};
}
