// ChatCall → a request of this wire. The same call gives the same bytes: keys stand in one order, nothing depends on time or
// chance, so prompt caches and signed reasoning hold from turn to turn.
import type { ChatCall, Tool } from '../../core/call.ts';
import type { EncodedCall, Target } from '../../core/dialect.ts';
import { GatewayError } from '../../core/errors.ts';
import type { ModelRule } from '../../core/provider.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import { withAnswerTool } from '../answer-tool.ts';
import { restrictSchema } from '../anthropic-messages/output-schema.ts';
import { disguiseOf } from '../disguise.ts';
import { toldInWords } from '../told-in-words.ts';
import { type NameLimits, withTakenNames } from '../tool-names.ts';
import { dropExtraPoints } from './cache-points.ts';
import { encodeControls } from './encode-controls.ts';
import { type Block, DocumentNames } from './encode-document.ts';
import { encodeExtras } from './encode-extras.ts';
import { cachePoint } from './encode-parts.ts';
import { calledTools, encodeTools } from './encode-tools.ts';
import { encodeTurns } from './encode-turns.ts';
import { familyOf } from './family.ts';

type Lose = (what: string) => void;

/** docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolSpecification.html */
const TOOL_NAMES: NameLimits = { pattern: /^[a-zA-Z0-9_-]+$/, maxChars: 64 };

const NO_CALLS = 'Do not call any tool. Answer in words.';

/** The request and what it could not carry. Throws where a part has no lawful form, or the model lacks what the call is about. */
export function encodeCall(asked: ChatCall, target: Target): EncodedCall {
  const losses: string[] = [];
  const lose: Lose = (what) => losses.push(what);
  const rule = familyOf(target);
  const { answerTool, outputConfig, instruction, ...shaped } = shapeAnswer(asked, rule, lose);
  const told = toldInWords(shaped.call, (path, problem) => lose(`${path}: ${problem}`));
  const { call, toolNames } = withTakenNames(told, TOOL_NAMES);
  const needed = withNeededTools(call, lose);
  refuseTools(needed, rule);
  const { system, turns } = encodeTurns(call.messages, { rule, names: new DocumentNames(), lose });
  const declared = encodeTools(needed.tools, rule, lose);
  const controls = encodeControls(needed, target, rule, declared.length, lose);
  const tools = controls.onlyTool === undefined ? declared : only(declared, controls.onlyTool);
  if (controls.toldNone) {
    lose('tool_choice: the model can only be told in words to call no tool');
    system.push({ text: NO_CALLS });
  }
  if (instruction !== null) system.push({ text: instruction });
  const extras = encodeExtras(call, controls.fields, lose);
  if (extras.cache !== null) turns.at(-1)?.content.push(...endPoint(extras.cache, rule, lose));
  const fields = { ...controls.fields, ...extras.fields };
  const paths = [...new Set([...controls.paths, ...extras.paths])];
  dropExtraPoints([tools, system, ...turns.map(({ content }) => content)], lose);
  const body: Block = {
    ...(system.length === 0 ? {} : { system }),
    messages: turns.map(({ role, content }) => ({ role, content })),
    ...nonEmpty('inferenceConfig', controls.inferenceConfig),
    ...(tools.length === 0
      ? {}
      : {
          toolConfig: {
            tools,
            ...(controls.toolChoice === undefined ? {} : { toolChoice: controls.toolChoice }),
          },
        }),
    ...(outputConfig === null ? {} : { outputConfig }),
    ...nonEmpty('additionalModelRequestFields', fields as Block),
    ...(paths.length === 0 ? {} : { additionalModelResponseFieldPaths: paths }),
    ...extras.body,
  };
  const disguise = disguiseOf({ customTools: asked.tools, answerTool, toolNames });
  return { body: JSON.stringify(body), losses, ...disguise };
}

/** A mark on the whole request stands at its end. */
function endPoint(mark: JsonObject, rule: ModelRule, lose: Lose): Block[] {
  const ttl = mark.ttl === '1h' || mark.ttl === '5m' ? mark.ttl : null;
  return cachePoint({ ttl }, 'messages', 'user', { rule, lose });
}

function nonEmpty(name: string, object: Block): Block {
  return Object.keys(object).length === 0 ? {} : { [name]: object };
}

interface ShapedAnswer {
  readonly call: ChatCall;
  readonly answerTool: string | null;
  readonly outputConfig: Block | null;
  readonly instruction: string | null;
}

/**
 * The shape the answer must have: held to it where the model can be (docs.aws.amazon.com/bedrock/latest/userguide/
 * structured-output.html), else as the arguments of a forced call, else in words, which is named.
 */
function shapeAnswer(call: ChatCall, rule: ModelRule, lose: Lose): ShapedAnswer {
  const { output } = call;
  const plain = { call, answerTool: null, outputConfig: null, instruction: null };
  if (output.type === 'text') return plain;
  const only = 'Answer with one JSON object and nothing else: no code fence, no other text.';
  if (output.type === 'json') {
    lose('response_format: the API has no schema-less JSON mode; asked for in the system prompt');
    return { ...plain, instruction: only };
  }
  if (rule.outputSchema !== false) return { ...plain, outputConfig: outputConfigOf(output, lose) };
  const forces = rule.forcedTools !== false && rule.tools === undefined;
  const forced = forces && rule.toolChoice?.length !== 0 ? withAnswerTool(call) : null;
  if (forced !== null) {
    if (output.strict === true)
      lose('response_format: the model is asked for the schema by a forced call, not held to it');
    // The only tool is forced: that it is called once needs no word of its own.
    const { sampling } = call;
    return { ...plain, call: { ...forced.call, sampling }, answerTool: forced.name };
  }
  lose('response_format: the model cannot be held to a schema; asked for in the system prompt');
  const schema = JSON.stringify(output.schema);
  return { ...plain, instruction: `${only} It must fit this JSON Schema:\n${schema}` };
}

function outputConfigOf(
  output: Extract<ChatCall['output'], { type: 'json-schema' }>,
  lose: Lose,
): Block {
  const { name, description } = output;
  const schema = JSON.stringify(restrictSchema(output.schema, 'response_format.schema', lose));
  return {
    textFormat: {
      type: 'json_schema',
      structure: {
        jsonSchema: { name, schema, ...(description === undefined ? {} : { description }) },
      },
    },
  };
}

/**
 * The wire has no choice of no tool: then none are declared, so that none can be called. Only a conversation that has called
 * tools keeps them, since the API refuses its blocks without; so does one whose caller declares none any more.
 */
function withNeededTools(call: ChatCall, lose: Lose): ChatCall {
  const declares = call.tools.some(isDeclared);
  if (declares && call.toolChoice?.type !== 'none') return call;
  const called = calledTools(call.messages);
  if (called.length === 0) return declares ? { ...call, tools: [], toolChoice: null } : call;
  if (declares) return call;
  lose('tools: the conversation has called some and the API wants them declared; by name only');
  return { ...call, tools: [...call.tools, ...called], toolChoice: { type: 'none' } };
}

/** False: a tool of another wire's, which cannot be declared here. */
function isDeclared(tool: Tool): boolean {
  return tool.type !== 'opaque' || tool.dialect === 'bedrock-converse';
}

function refuseTools({ tools, stream }: ChatCall, rule: ModelRule): void {
  if (!tools.some(isDeclared) || rule.tools === undefined) return;
  if (rule.tools === 'whole' && !stream) return;
  const what =
    rule.tools === 'none'
      ? 'the model takes no tools'
      : 'the model takes tools only in calls that are not streamed; leave "stream" out';
  throw new GatewayError('unsupported_feature', `tools: ${what}`, { param: 'tools' });
}

/** The one tool, with its cache point. */
function only(tools: readonly Block[], name: string): Block[] {
  return tools.filter(
    ({ toolSpec, cachePoint }) =>
      cachePoint !== undefined || (toolSpec as { name?: Json } | undefined)?.name === name,
  );
}
