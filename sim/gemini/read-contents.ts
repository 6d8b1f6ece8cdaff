// A generateContent request → Ask. The model and whether to stream stand in the path.
import {
  asArray,
  asNumber,
  asObject,
  asObjects,
  asString,
  type Json,
  type JsonObject,
} from '../../src/lib/json.ts';
import type { Ask, Choice, OfferedTool, Refused, ToolOutcome } from '../ask.ts';
import { beginningIn, type SaidTurn } from '../go-on.ts';
import type { HttpRequest } from '../http/read-requests.ts';
import { Prompt } from '../prompt.ts';
import { checkContents } from './check-contents.ts';

/** The model in `…/models/{model}:generateContent`; empty where the path has none. */
export function modelOf(path: string): string {
  const end = path.indexOf('?');
  const plain = end === -1 ? path : path.slice(0, end);
  const start = plain.lastIndexOf('/models/');
  const verb = plain.lastIndexOf(':');
  if (start === -1 || verb < start) return '';
  const name = plain.slice(start + '/models/'.length, verb);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** What the request asks, or the vendor's refusal. */
export function readContents(body: JsonObject, request: HttpRequest): Ask | Refused {
  const model = modelOf(request.path);
  const refused = checkContents(body, model);
  if (refused) return refused;
  return askOf(body, request, asObjects(body.contents));
}

function askOf(body: JsonObject, request: HttpRequest, contents: readonly JsonObject[]): Ask {
  const config = asObject(body.generationConfig) ?? {};
  const prompt = new Prompt();
  for (const tool of asArray(body.tools)) prompt.add(JSON.stringify(tool));
  for (const content of [asObject(body.systemInstruction) ?? {}, ...contents])
    for (const part of asArray(content.parts)) addPart(prompt, asObject(part) ?? {});
  const calling = asObject(asObject(body.toolConfig)?.functionCallingConfig);
  const thinking = asObject(config.thinkingConfig);
  return {
    model: modelOf(request.path),
    stream: request.path.includes(':streamGenerateContent'),
    lastUserText: textOf(
      contents.findLast((content) => content.role === 'user' && textOf(content) !== ''),
    ),
    seen: prompt.seen,
    toolResults: resultsOf(contents),
    tools: offered(body, calling),
    choice: readChoice(calling),
    parallel: true,
    json: readFormat(config),
    maxTokens: asNumber(config.maxOutputTokens) ?? null,
    stop: asArray(config.stopSequences).map(String),
    ...beginningIn(contents.slice(-2).map(turnOf), true, (n) =>
      askOf(body, request, contents.slice(0, -n)),
    ),
    promptTokens: prompt.tokens,
    thinks: thinking !== undefined && thinking.thinkingBudget !== 0,
    hidesThinking: thinking?.includeThoughts !== true,
    includeUsage: true,
    choices: 1,
    segments: prompt.segments,
  };
}

function turnOf(content: JsonObject): SaidTurn {
  const calls = asObjects(content.parts).some(
    (part) => part.functionCall !== undefined || part.functionResponse !== undefined,
  );
  return { role: content.role === 'model' ? 'assistant' : 'user', text: textOf(content), calls };
}

function addPart(prompt: Prompt, part: JsonObject): void {
  const media = asObject(part.inlineData) ?? asObject(part.fileData);
  const type = asString(media?.mimeType) ?? '';
  if (type.startsWith('image/')) prompt.image(JSON.stringify(media));
  else if (type.startsWith('audio/')) prompt.audio(JSON.stringify(media));
  else if (media) prompt.document(JSON.stringify(media));
  else prompt.add(asString(part.text) ?? JSON.stringify(part));
  for (const inner of asArray(asObject(part.functionResponse)?.parts))
    addPart(prompt, asObject(inner) ?? {});
}

function textOf(content: JsonObject | undefined): string {
  return asArray(content?.parts)
    .map((part) => (asObject(part)?.thought === true ? '' : (asString(asObject(part)?.text) ?? '')))
    .join('');
}

/** The results at the end, what was said after them included. */
function resultsOf(contents: readonly JsonObject[]): readonly ToolOutcome[] {
  const after = contents.slice(contents.findLastIndex(({ role }) => role === 'model') + 1);
  return after.flatMap((content) =>
    asArray(content.parts).flatMap((part) => {
      const result = asObject(asObject(part)?.functionResponse);
      if (!result) return [];
      const response = asObject(result.response) ?? {};
      const said = response.output ?? response.error;
      return [
        {
          name: asString(result.name) ?? 'tool',
          text: asString(said) ?? JSON.stringify(said ?? response),
        },
      ];
    }),
  );
}

function offered(body: JsonObject, calling: JsonObject | undefined): readonly OfferedTool[] {
  const tools = asArray(body.tools).flatMap((tool) =>
    asArray(asObject(tool)?.functionDeclarations).map(readTool),
  );
  const allowed = asArray(calling?.allowedFunctionNames);
  return allowed.length === 0 ? tools : tools.filter(({ name }) => allowed.includes(name));
}

function readTool(given: Json): OfferedTool {
  const tool = asObject(given);
  const schema = asObject(tool?.parametersJsonSchema) ?? asObject(tool?.parameters);
  return { name: asString(tool?.name) ?? '', schema, custom: false };
}

function readChoice(calling: JsonObject | undefined): Choice {
  switch (calling?.mode) {
    case 'NONE':
      return 'none';
    case 'ANY':
      return 'required';
    default:
      return 'auto';
  }
}

function readFormat(config: JsonObject): Ask['json'] {
  if (config.responseMimeType !== 'application/json') return null;
  return { schema: asObject(config.responseJsonSchema) ?? asObject(config.responseSchema) ?? null };
}
