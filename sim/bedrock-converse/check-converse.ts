// What Amazon Bedrock refuses in a Converse request, in its words (from its replies as recorded or quoted).
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../src/lib/json.ts';
import { isSigned } from '../anthropic-messages/signature.ts';
import { Refused } from '../ask.ts';

const NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const DOCUMENT_NAME = /^[A-Za-z0-9()[\]-]+(?: [A-Za-z0-9()[\]-]+)*$/;
/** docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
const FIELDS = new Set(
  (
    'additionalModelRequestFields additionalModelResponseFieldPaths guardrailConfig inferenceConfig messages outputConfig ' +
    'performanceConfig promptVariables requestMetadata serviceTier system toolConfig'
  ).split(' '),
);
const MAX_POINTS = 4;

/** The first thing the vendor would refuse, or null. */
export function checkConverse(body: JsonObject): Refused | null {
  for (const field in body) {
    if (!FIELDS.has(field)) return new Refused(`extraneous key [${field}] is not permitted`);
  }
  if (!Array.isArray(body.messages) || body.messages.length === 0)
    return new Refused('The messages field is required.');
  const points = JSON.stringify(body).split('"cachePoint":').length - 1;
  if (points > MAX_POINTS)
    return new Refused(`Up to 4 cache points are allowed, ${points} were given.`);
  for (const [index, block] of asArray(body.system).entries()) {
    const refused = checkText(asObject(block) ?? {}, `system.${index}`);
    if (refused) return refused;
  }
  return (
    checkConfig(asObject(body.inferenceConfig)) ??
    checkTools(asObject(body.toolConfig)) ??
    checkThinking(body) ??
    checkMessages(body.messages as readonly Json[], body.toolConfig !== undefined)
  );
}

function checkConfig(config: JsonObject | undefined): Refused | null {
  const temperature = asNumber(config?.temperature) ?? 0;
  if (temperature < 0 || temperature > 1)
    return new Refused(
      "Value at 'inferenceConfig.temperature' failed to satisfy constraint: Member must have value less than or equal to 1",
    );
  const maxTokens = config?.maxTokens;
  return maxTokens !== undefined && (asNumber(maxTokens) ?? 0) < 1
    ? new Refused(
        "Value at 'inferenceConfig.maxTokens' failed to satisfy constraint: Member must have value greater than or equal to 1",
      )
    : null;
}

function checkTools(config: JsonObject | undefined): Refused | null {
  if (config === undefined) return null;
  const names = new Set<string>();
  for (const [index, given] of asArray(config.tools).entries()) {
    const spec = asObject(asObject(given)?.toolSpec);
    if (spec === undefined) continue;
    const path = `toolConfig.tools.${index}.member.toolSpec`;
    const name = asString(spec.name) ?? '';
    if (!NAME.test(name))
      return new Refused(`Value at '${path}.name' failed to satisfy constraint: ${NAME.source}`);
    if (names.has(name)) return new Refused(`The toolConfig holds duplicate names: ${name}`);
    names.add(name);
    if (spec.description === '')
      return new Refused(`Value at '${path}.description' must have length of at least 1`);
    if (asObject(asObject(spec.inputSchema)?.json)?.type !== 'object')
      return new Refused(`The value at ${path}.inputSchema.json.type must be one of: object.`);
  }
  if (names.size === 0 && asArray(config.tools).length === 0)
    return new Refused("Value at 'toolConfig.tools' must have length of at least 1");
  const wanted = asString(asObject(asObject(config.toolChoice)?.tool)?.name);
  return wanted !== undefined && !names.has(wanted)
    ? new Refused(`Tool '${wanted}' not found in provided tools`)
    : null;
}

function checkThinking(body: JsonObject): Refused | null {
  const thinking = asObject(asObject(body.additionalModelRequestFields)?.thinking);
  if (thinking?.type !== 'enabled') return null;
  const prefix = 'The model returned the following errors: ';
  const budget = asNumber(thinking.budget_tokens) ?? 0;
  if (budget < 1024)
    return new Refused(
      `${prefix}thinking.enabled.budget_tokens: Input should be greater than or equal to 1024`,
    );
  const limit = asNumber(asObject(body.inferenceConfig)?.maxTokens);
  if (limit !== undefined && limit <= budget)
    return new Refused(`${prefix}\`max_tokens\` must be greater than \`thinking.budget_tokens\`.`);
  const choice = asObject(asObject(body.toolConfig)?.toolChoice);
  return choice?.any !== undefined || choice?.tool !== undefined
    ? new Refused(`${prefix}Thinking may not be enabled when tool_choice forces tool use.`)
    : null;
}

function checkMessages(messages: readonly Json[], toolConfig: boolean): Refused | null {
  let before: string | undefined;
  let open = new Set<string>();
  const documents = new Set<string>();
  for (const [index, given] of messages.entries()) {
    const message = asObject(given) ?? {};
    const role = asString(message.role);
    if (role !== 'user' && role !== 'assistant')
      return new Refused(`Value at 'messages.${index}.role' must be one of: [user, assistant]`);
    if (index === 0 && role !== 'user')
      return new Refused(
        'A conversation must start with a user message. Try again with a conversation that starts with a user message.',
      );
    if (role === before)
      return new Refused(
        'A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.',
      );
    before = role;
    const blocks = asArray(message.content).map((block) => asObject(block) ?? {});
    if (blocks.length === 0)
      return new Refused(`The content field in the Message object at messages.${index} is empty.`);
    for (const [at, block] of blocks.entries()) {
      const refused = checkBlock(block, `messages.${index}.content.${at}`, documents);
      if (refused) return refused;
      if (!toolConfig && (block.toolUse !== undefined || block.toolResult !== undefined))
        return new Refused(
          'The toolConfig field must be defined when using toolUse and toolResult content blocks.',
        );
    }
    const refused = checkResults(blocks, index, open);
    if (refused) return refused;
    open = idsOf(blocks, 'toolUse');
    if (has(blocks, 'document') && !has(blocks, 'text'))
      return new Refused(
        `The messages.${index} content holds a document and no text. Add a text block and try again.`,
      );
  }
  return null;
}

function checkResults(
  blocks: readonly JsonObject[],
  index: number,
  open: ReadonlySet<string>,
): Refused | null {
  const given = idsOf(blocks, 'toolResult');
  const missing = [...open].filter((id) => !given.has(id));
  if (missing.length > 0)
    return new Refused(
      `Expected toolResult blocks at messages.${index}.content for the following Ids: ${missing.join(', ')}`,
    );
  const extra = [...given].filter((id) => !open.has(id));
  return extra.length === 0
    ? null
    : new Refused(
        `The number of toolResult blocks at messages.${index}.content exceeds the number of toolUse blocks of previous turn.`,
      );
}

function checkBlock(block: JsonObject, path: string, documents: Set<string>): Refused | null {
  const document = asObject(block.document);
  if (document !== undefined) {
    const name = asString(document.name) ?? '';
    if (!DOCUMENT_NAME.test(name))
      return new Refused(
        'The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. The name can’t contain more than one consecutive whitespace character.',
      );
    if (documents.has(name)) return new Refused('Duplicate document file names are not allowed.');
    documents.add(name);
  }
  const toolUse = asObject(block.toolUse);
  if (toolUse !== undefined) {
    if (!NAME.test(asString(toolUse.toolUseId) ?? ''))
      return new Refused(`Value at '${path}.toolUse.toolUseId' failed to satisfy constraint`);
    if (!isObject(toolUse.input))
      return new Refused(`The format of the value at ${path}.toolUse.input is invalid.`);
  }
  const reasoning = asObject(asObject(block.reasoningContent)?.reasoningText);
  if (reasoning !== undefined) {
    if (!isSigned(asString(reasoning.text) ?? '', asString(reasoning.signature) ?? ''))
      return new Refused(
        `The model returned the following errors: ${path}: Invalid \`signature\` in \`thinking\` block`,
      );
  }
  return checkText(block, path);
}

function checkText(block: JsonObject, path: string): Refused | null {
  if (block.text === undefined) return null;
  return (asString(block.text) ?? '').trim() === ''
    ? new Refused(
        `The text field in the ContentBlock object at ${path} is blank. Add text to the text field, and try again.`,
      )
    : null;
}

function idsOf(blocks: readonly JsonObject[], member: 'toolUse' | 'toolResult'): Set<string> {
  return new Set(
    blocks.flatMap((block) => {
      const id = asString(asObject(block[member])?.toolUseId);
      return id === undefined ? [] : [id];
    }),
  );
}

function has(blocks: readonly JsonObject[], member: string): boolean {
  return blocks.some((block) => block[member] !== undefined);
}
