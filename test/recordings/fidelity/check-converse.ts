// What Bedrock's Converse takes: docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html and recorded requests.
import { asObject, asObjects, asString, type JsonObject } from '../../../src/lib/json.ts';
import {
  any,
  count,
  filled,
  flag,
  list,
  matching,
  number,
  object,
  oneOf,
  problemsOf,
  record,
  type Shape,
  text,
  union,
} from './shape.ts';

const TOOL_NAME = matching(/^[a-zA-Z0-9_-]{1,64}$/);
const TOOL_ID = matching(/^[a-zA-Z0-9_.:-]{1,64}$/);
const point = record({ 'type!': oneOf('default'), ttl: oneOf('5m', '1h') });
const image = record({
  'format!': oneOf('png', 'jpeg', 'gif', 'webp'),
  'source!': union({ bytes: filled, s3Location: object }),
});
const document = record({
  'format!': oneOf('pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md'),
  // "only … alphanumeric characters, whitespace characters (no more than one in a row), hyphens, parentheses, and square brackets"
  'name!': matching(/^(?!.*\s\s)[A-Za-z0-9\s()[\]-]{1,200}$/),
  'source!': union({ bytes: filled, s3Location: object, text, content: list(any) }),
  context: text,
  citations: object,
});
const result: Shape = union({
  text,
  json: any,
  image,
  document,
  video: object,
  searchResult: object,
});

const block: Shape = union({
  text: filled,
  image,
  document,
  video: object,
  audio: object,
  toolUse: record({ 'toolUseId!': TOOL_ID, 'name!': TOOL_NAME, 'input!': any, type: text }),
  toolResult: record({
    'toolUseId!': TOOL_ID,
    'content!': list(result),
    status: oneOf('success', 'error'),
    type: text,
  }),
  guardContent: object,
  cachePoint: point,
  reasoningContent: union({
    reasoningText: record({ 'text!': text, signature: text }),
    redactedContent: filled,
  }),
  citationsContent: object,
  searchResult: object,
});

const body = record({
  modelId: text,
  'messages!': list(record({ 'role!': oneOf('user', 'assistant'), 'content!': list(block, 1) })),
  system: list(union({ text: filled, guardContent: object, cachePoint: point })),
  inferenceConfig: record({
    maxTokens: count,
    temperature: number,
    topP: number,
    stopSequences: list(text),
    topK: any,
  }),
  toolConfig: record({
    'tools!': list(
      union({
        toolSpec: record({
          'name!': TOOL_NAME,
          description: filled,
          'inputSchema!': record({ 'json!': object }),
          strict: flag,
        }),
        cachePoint: point,
        systemTool: object,
      }),
      1,
    ),
    toolChoice: union({ auto: object, any: object, tool: record({ 'name!': TOOL_NAME }) }),
  }),
  additionalModelRequestFields: object,
  additionalModelResponseFieldPaths: list(text),
  guardrailConfig: object,
  performanceConfig: object,
  promptVariables: object,
  requestMetadata: object,
  outputConfig: object,
  serviceTier: object,
});

export function checkConverse(request: JsonObject): readonly string[] {
  return [...problemsOf(body, request), ...turnProblems(request)];
}

function turnProblems({ messages, toolConfig }: JsonObject): string[] {
  const turns = asObjects(messages).map(({ role, content }) => ({
    role,
    blocks: asObjects(content),
  }));
  const ids = (blocks: readonly JsonObject[], name: string) =>
    blocks.flatMap((one) => asString(asObject(one[name])?.toolUseId) ?? []).sort();
  const problems = turns.flatMap(({ role, blocks }, index) => {
    const next = turns[index + 1];
    const called = ids(blocks, 'toolUse').filter((id) => !ids(blocks, 'toolResult').includes(id));
    return [
      ...(next?.role === role ? [`messages[${index + 1}] is another ${role} turn`] : []),
      ...(called.length > 0 && next && called.join() !== ids(next.blocks, 'toolResult').join()
        ? [`messages[${index}]: not all its calls are answered in the next turn`]
        : []),
    ];
  });
  if (turns[0] !== undefined && turns[0].role !== 'user')
    problems.push('messages[0] is not a user turn');
  const uses = turns.some(
    ({ blocks }) => ids(blocks, 'toolUse').length + ids(blocks, 'toolResult').length > 0,
  );
  // "The toolConfig field must be defined when using toolUse and toolResult content blocks."
  if (uses && toolConfig === undefined) problems.push('calls without toolConfig');
  return problems;
}
