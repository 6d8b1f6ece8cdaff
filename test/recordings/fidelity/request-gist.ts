// What a request asks, read from any wire's JSON the plain way: for comparing two requests of one wire.
import {
  asArray,
  asObject,
  asObjects,
  asString,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
} from '../../../src/lib/json.ts';

export interface RequestGist {
  /** Instructions, whatever they are called. */
  readonly system: string;
  /** What was said, turn by turn: texts, calls, results, media. Neighbours of one side are one turn. */
  readonly turns: readonly string[];
  /** The caller's own tools with the names of their arguments. */
  readonly tools: readonly string[];
  readonly limit: Json;
  readonly temperature: Json;
  readonly stop: Json;
  readonly format: 'text' | 'json' | 'schema';
}

export function requestGist(body: JsonObject): RequestGist {
  const settings = asObject(body.generationConfig) ?? asObject(body.inferenceConfig) ?? body;
  const turns: { side: string; said: string }[] = [];
  const system: string[] = [];
  const instructions = [
    body.system,
    body.instructions,
    body.systemInstruction,
    body.system_instruction,
  ];
  for (const value of instructions) if (value != null) system.push(...textsIn(value));
  const items =
    typeof body.input === 'string'
      ? [{ role: 'user', content: body.input }]
      : asArray(body.messages ?? body.input ?? body.contents);
  for (const item of asObjects(items)) {
    const role = asString(item.role) ?? '';
    if (role === 'system' || role === 'developer') {
      system.push(...textsIn(item.content ?? null));
      continue;
    }
    const type = asString(item.type) ?? '';
    if (type === 'reasoning') continue;
    const isModel =
      role === 'assistant' || role === 'model' || /^(?:function|custom_tool)_call$/.test(type);
    const side = isModel ? 'assistant' : 'user';
    const said = saidIn(item).join('').trim();
    const last = turns.at(-1);
    if (said === '') continue;
    if (last?.side === side) last.said += said;
    else turns.push({ side, said });
  }
  return {
    system: system.join('\n').replace(/\s+/g, ' ').trim(),
    // Without white space: wires differ in what stands between two texts.
    turns: turns.map(({ side, said }) => `${side}: ${said.replace(/\s+/g, '')}`),
    tools: toolsIn(body),
    limit:
      settings.max_completion_tokens ??
      settings.max_tokens ??
      settings.max_output_tokens ??
      settings.maxOutputTokens ??
      settings.maxTokens ??
      null,
    temperature: settings.temperature ?? null,
    stop: settings.stop ?? settings.stop_sequences ?? settings.stopSequences ?? null,
    format: formatOf(body, settings),
  };
}

/** The texts, calls and results of a message or an item, in order; reasoning is its maker's own. */
function saidIn(item: JsonObject): string[] {
  const { content, parts, tool_calls } = item;
  if (item.role === 'tool') return [`result:${textsIn(content ?? null).join('')}`];
  if (item.output !== undefined) return [`result:${textsIn(item.output).join('')}`];
  if (item.arguments !== undefined) return [callOf(item.name, item.arguments)];
  const own =
    typeof content === 'string' ? [content] : asObjects(content ?? parts).flatMap(partSaid);
  const calls = asObjects(tool_calls).map((call) => {
    const called = asObject(call.function) ?? {};
    return callOf(called.name, called.arguments);
  });
  return [...own.filter((text) => text.trim() !== ''), ...calls];
}

function partSaid(part: JsonObject): string[] {
  const call = asObject(part.functionCall ?? part.function_call) ?? asObject(part.toolUse);
  if (call) return [callOf(call.name, call.args ?? call.input)];
  if (part.type === 'tool_use') return [callOf(part.name, part.input)];
  const result =
    asObject(part.functionResponse ?? part.function_response) ?? asObject(part.toolResult);
  if (result) return [`result:${textsIn(result.response ?? result.content ?? null).join('')}`];
  if (part.type === 'tool_result') return [`result:${textsIn(part.content ?? null).join('')}`];
  if (
    part.thought === true ||
    part.reasoningContent ||
    /thinking|reasoning/.test(asString(part.type) ?? '')
  )
    return [];
  if (typeof part.text === 'string') return [part.text];
  if (part.cachePoint !== undefined) return [];
  return ['media'];
}

function callOf(name: Json | undefined, input: Json | undefined): string {
  const args = typeof input === 'string' ? (parseJson(input) ?? input) : (input ?? {});
  return `call:${String(name)}:${JSON.stringify(sorted(args))}`;
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, one]) => [name, sorted(one ?? null)]));
}

const MEDIA = [
  'source',
  'image',
  'document',
  'inlineData',
  'image_url',
  'file_data',
  'file_id',
  'file_url',
];

/** Every string that stands for text: `text` members, plain strings, and what a result holds. */
function textsIn(value: Json): string[] {
  if (typeof value === 'string') {
    // A result that is JSON in one implementation may be an object in the other.
    const inner = parseJson(value);
    return isObject(inner) || Array.isArray(inner) ? textsIn(inner) : [value];
  }
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (!isObject(value)) return value === null ? [] : [String(value)];
  if (typeof value.text === 'string') return textsIn(value.text);
  // Pictures and files of results stand in several places; their bytes are no text.
  if (MEDIA.some((name) => value[name] !== undefined)) return [];
  return Object.entries(value).flatMap(([name, one]) =>
    ['role', 'type', 'cache_control', 'cachePoint', 'media_type'].includes(name)
      ? []
      : textsIn(one ?? null),
  );
}

function toolsIn(body: JsonObject): string[] {
  const config = asObject(body.toolConfig);
  // Tools that come among the input, and tools in spaces, are tools like others elsewhere.
  const added = asObjects(body.input).filter(({ type }) => type === 'additional_tools');
  const top = [...asObjects(body.tools), ...added.flatMap(({ tools }) => asObjects(tools))];
  const spread = top.flatMap((tool) =>
    tool.type === 'namespace'
      ? asObjects(tool.tools).map((one) => ({ ...one, name: `${tool.name}__${one.name}` }))
      : [tool],
  );
  const listed = [...spread, ...asObjects(body.functions), ...asObjects(config?.tools)];
  const declared = listed.flatMap((tool) => [
    ...asObjects(tool.functionDeclarations ?? tool.function_declarations),
    ...[
      asObject(tool.function) ?? asObject(tool.toolSpec) ?? (isCallersOwn(tool) ? tool : undefined),
    ].filter(isObject),
  ]);
  const described = declared.map((tool) => {
    const json = asObject(tool.inputSchema)?.json;
    const schema = asObject(
      tool.parameters ??
        tool.input_schema ??
        tool.parametersJsonSchema ??
        tool.parameters_json_schema ??
        json,
    );
    return `${String(tool.name)}(${Object.keys(asObject(schema?.properties) ?? {})
      .sort()
      .join()})`;
  });
  return [...new Set(described)];
}

/** Tools the provider runs itself have a name on some wires, but no schema. */
function isCallersOwn({ name, type, input_schema, parameters }: JsonObject): boolean {
  return (
    name !== undefined &&
    (input_schema ?? parameters ?? (type === 'custom' ? type : undefined)) !== undefined
  );
}

function formatOf(body: JsonObject, settings: JsonObject): RequestGist['format'] {
  const format =
    asObject(body.response_format) ??
    asObject(asObject(body.text)?.format) ??
    asObject(asObject(body.output_config)?.format) ??
    asObject(body.output_format);
  const type = asString(format?.type) ?? '';
  const schema =
    settings.responseSchema ??
    settings.responseJsonSchema ??
    settings._responseJsonSchema ??
    asObject(body.outputConfig)?.textFormat;
  if (schema != null || type === 'json_schema' || format?.json_schema || format?.schema)
    return 'schema';
  return type === 'json_object' || settings.responseMimeType === 'application/json'
    ? 'json'
    : 'text';
}
