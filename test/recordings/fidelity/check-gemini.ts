// What Gemini takes: ai.google.dev/api/generate-content and recorded requests.
import { asObjects, type JsonObject } from '../../../src/lib/json.ts';
import {
  any,
  count,
  either,
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

const NAME = matching(/^[A-Za-z_][\w.:-]{0,127}$/);

/** The members of OpenAPI's schemas it knows; others belong into `parametersJsonSchema`. ai.google.dev/api/caching#Schema */
const schema: Shape = (value, path) =>
  record({
    type: either(text, list(text)),
    format: text,
    title: text,
    description: text,
    nullable: flag,
    enum: list(any),
    maxItems: any,
    minItems: any,
    properties: (given, at) =>
      Object.entries(given as JsonObject).flatMap(([name, one]) =>
        schema(one ?? null, `${at}.${name}`),
      ),
    required: list(text),
    minProperties: any,
    maxProperties: any,
    minLength: any,
    maxLength: any,
    pattern: text,
    example: any,
    anyOf: list((given, at) => schema(given, at)),
    propertyOrdering: list(text),
    default: any,
    items: (given, at) => schema(given, at),
    minimum: number,
    maximum: number,
  })(value, path);

const part = union(
  {
    text,
    inlineData: record({ 'mimeType!': filled, 'data!': filled, displayName: text }),
    fileData: record({ mimeType: text, 'fileUri!': filled, displayName: text }),
    functionCall: record({ 'name!': NAME, args: object, id: text }),
    functionResponse: record({
      'name!': NAME,
      'response!': object,
      id: text,
      parts: list(any),
      willContinue: flag,
      scheduling: text,
    }),
    executableCode: object,
    codeExecutionResult: object,
    toolCall: object,
    toolResponse: object,
  },
  {
    thought: flag,
    thoughtSignature: text,
    videoMetadata: object,
    mediaResolution: any,
    partMetadata: any,
  },
);

const content = record({ role: oneOf('user', 'model', 'function'), 'parts!': list(part, 1) });

const body = record({
  'contents!': list(content, 1),
  systemInstruction: record({ role: text, 'parts!': list(part, 1) }),
  tools: list(
    record({
      functionDeclarations: list(
        record({
          'name!': NAME,
          description: text,
          parameters: schema,
          parametersJsonSchema: object,
          response: any,
          responseJsonSchema: any,
          behavior: text,
        }),
        1,
      ),
      googleSearch: object,
      googleSearchRetrieval: object,
      codeExecution: object,
      urlContext: object,
      computerUse: object,
      fileSearch: object,
      googleMaps: object,
      enterpriseWebSearch: object,
    }),
    1,
  ),
  toolConfig: record({
    functionCallingConfig: record({
      mode: oneOf('AUTO', 'ANY', 'NONE', 'VALIDATED'),
      allowedFunctionNames: list(NAME, 1),
      streamFunctionCallArguments: flag,
    }),
    retrievalConfig: object,
    includeServerSideToolInvocations: flag,
  }),
  safetySettings: list(object),
  generationConfig: record({
    stopSequences: list(text),
    responseMimeType: text,
    responseSchema: schema,
    responseJsonSchema: object,
    _responseJsonSchema: object,
    responseModalities: list(text),
    candidateCount: count,
    maxOutputTokens: count,
    temperature: number,
    topP: number,
    topK: number,
    seed: number,
    presencePenalty: number,
    frequencyPenalty: number,
    responseLogprobs: flag,
    logprobs: number,
    speechConfig: object,
    thinkingConfig: record({ includeThoughts: flag, thinkingBudget: number, thinkingLevel: text }),
    imageConfig: object,
    mediaResolution: text,
    audioTimestamp: flag,
    enableEnhancedCivicAnswers: flag,
    modelConfig: any,
    labels: any,
  }),
  cachedContent: text,
  labels: object,
  serviceTier: any,
  model: text,
});

export function checkGemini(request: JsonObject): readonly string[] {
  return [...problemsOf(body, request), ...turnProblems(request)];
}

/** "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn." */
function turnProblems({ contents }: JsonObject): string[] {
  const turns = asObjects(contents);
  const held = (turn: JsonObject | undefined, name: string) =>
    asObjects(turn?.parts).filter((one) => one[name] !== undefined).length;
  return turns.flatMap((turn, index) => {
    const calls = held(turn, 'functionCall');
    const next = turns[index + 1];
    if (calls === 0 || next === undefined) return [];
    const answers = held(next, 'functionResponse');
    return answers === calls ? [] : [`contents[${index}] calls ${calls}, ${answers} answered`];
  });
}
