// What Google refuses in a generateContent request, in its words (recorded replies, and replies as people quote them).
import {
  asArray,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../src/lib/json.ts';
import { Refused } from '../ask.ts';
import { isCallSignature, isSignature } from './signature.ts';

const set = (names: string): ReadonlySet<string> => new Set(names.split(' '));

/** The fields of each message; every other name is refused. ai.google.dev/api/generate-content */
const BODY = set(
  'contents tools toolConfig safetySettings systemInstruction generationConfig cachedContent labels',
);
const CONTENT = set('role parts');
const PART = set(
  'text thought thoughtSignature inlineData fileData functionCall functionResponse executableCode codeExecutionResult toolCall toolResponse videoMetadata mediaResolution',
);
const CONFIG = set(
  'stopSequences responseMimeType responseSchema responseJsonSchema responseModalities candidateCount maxOutputTokens temperature topP topK seed presencePenalty frequencyPenalty responseLogprobs logprobs enableEnhancedCivicAnswers speechConfig thinkingConfig imageConfig mediaResolution',
);
const TOOL = set(
  'functionDeclarations googleSearch codeExecution urlContext fileSearch googleMaps computerUse',
);
const DECLARATION = set(
  'name description parameters parametersJsonSchema response responseJsonSchema behavior',
);
const TOOL_CONFIG = set('functionCallingConfig retrievalConfig includeServerSideToolInvocations');
const THINKING = set('includeThoughts thinkingBudget thinkingLevel');
const CALL = set('id name args');
const RESPONSE = set('id name response parts willContinue scheduling');

/** https://ai.google.dev/gemini-api/docs/function-calling */
const NAME = /^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$/;

/** The first thing the vendor would refuse, or null. */
export function checkContents(body: JsonObject, model: string): Refused | null {
  const config = asObject(body.generationConfig) ?? {};
  return (
    unknown(body, BODY, '') ??
    unknown(config, CONFIG, 'generation_config') ??
    unknown(asObject(config.thinkingConfig) ?? {}, THINKING, 'generation_config.thinking_config') ??
    unknown(asObject(body.toolConfig) ?? {}, TOOL_CONFIG, 'tool_config') ??
    checkTools(body) ??
    checkConfig(config, model) ??
    checkTurns(asArray(body.contents), model)
  );
}

function unknown(object: JsonObject, known: ReadonlySet<string>, path: string): Refused | null {
  for (const name in object) {
    if (known.has(name)) continue;
    const where = path === '' ? '' : ` at '${path}'`;
    return new Refused(
      `Invalid JSON payload received. Unknown name "${name}"${where}: Cannot find field.`,
    );
  }
  return null;
}

function checkTools(body: JsonObject): Refused | null {
  const names = new Set<string>();
  for (const [at, given] of asArray(body.tools).entries()) {
    const tool = asObject(given) ?? {};
    const refused = unknown(tool, TOOL, `tools[${at}]`);
    if (refused) return refused;
    for (const [index, entry] of asArray(tool.functionDeclarations).entries()) {
      const declaration = asObject(entry) ?? {};
      const path = `tools[${at}].function_declarations[${index}]`;
      const wrong = unknown(declaration, DECLARATION, path) ?? checkSchema(declaration, path);
      if (wrong) return wrong;
      const name = asString(declaration.name) ?? '';
      if (!NAME.test(name))
        return new Refused(
          `Invalid value at '${path}.name': Must start with a letter or an underscore.`,
        );
      if (names.has(name)) return new Refused(`Duplicate function declaration found: ${name}`);
      names.add(name);
    }
  }
  const calling = asObject(asObject(body.toolConfig)?.functionCallingConfig);
  for (const name of asArray(calling?.allowedFunctionNames))
    if (!names.has(asString(name) ?? ''))
      return new Refused(
        `Function calling config contains a function name that is not declared: ${String(name)}`,
      );
  return null;
}

/** The older field takes no empty object; the newer one is JSON Schema, of an object. */
function checkSchema(declaration: JsonObject, path: string): Refused | null {
  const parameters = asObject(declaration.parameters);
  if (parameters && Object.keys(asObject(parameters.properties) ?? {}).length === 0)
    return new Refused(
      `* GenerateContentRequest.${path}.parameters.properties: should be non-empty for OBJECT type`,
    );
  const schema = asObject(declaration.parametersJsonSchema);
  if (schema && asString(schema.type)?.toLowerCase() !== 'object')
    return new Refused(
      `* GenerateContentRequest.${path}.parameters_json_schema: the schema must describe an object`,
    );
  return null;
}

function checkConfig(config: JsonObject, model: string): Refused | null {
  if (asArray(config.stopSequences).length > 5)
    return new Refused('The number of stop sequences must be at most 5.');
  const thinking = asObject(config.thinkingConfig);
  if (thinking?.thinkingBudget !== undefined && thinking.thinkingLevel !== undefined)
    return new Refused('You can only set only one of thinking budget and thinking level.');
  if (thinking?.thinkingLevel !== undefined && model.includes('gemini-2.5'))
    return new Refused('Thinking level is not supported for this model.');
  const shaped = config.responseJsonSchema !== undefined || config.responseSchema !== undefined;
  if (shaped && config.responseMimeType !== 'application/json')
    return new Refused(
      "Response schema is only supported with 'response_mime_type' of 'application/json'.",
    );
  return null;
}

function checkTurns(contents: readonly Json[], model: string): Refused | null {
  if (contents.length === 0)
    return new Refused('* GenerateContentRequest.contents: contents is not specified');
  let open = 0;
  for (const [at, given] of contents.entries()) {
    const path = `contents[${at}]`;
    if (!isObject(given)) return new Refused(`Invalid value at '${path}'`);
    const refused = unknown(given, CONTENT, path) ?? checkParts(given, path);
    if (refused) return refused;
    if (given.role !== 'user' && given.role !== 'model')
      return new Refused('Please use a valid role: user, model.');
    const answers = count(given, 'functionResponse');
    if (open > 0 && answers !== open)
      return new Refused(
        'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
      );
    if (open === 0 && answers > 0)
      return new Refused(
        'Please ensure that function response turn comes immediately after a function call turn.',
      );
    open = given.role === 'model' ? count(given, 'functionCall') : 0;
  }
  return model.includes('gemini-3') ? checkSignatures(contents) : null;
}

function count(content: JsonObject, member: string): number {
  return asArray(content.parts).filter((part) => asObject(part)?.[member] !== undefined).length;
}

function checkParts(content: JsonObject, path: string): Refused | null {
  const parts = asArray(content.parts);
  if (parts.length === 0)
    return new Refused(`* GenerateContentRequest.${path}.parts: contents.parts must not be empty.`);
  for (const [at, given] of parts.entries()) {
    const part = asObject(given) ?? {};
    const here = `${path}.parts[${at}]`;
    const refused =
      unknown(part, PART, here) ??
      unknown(asObject(part.functionCall) ?? {}, CALL, `${here}.function_call`) ??
      unknown(asObject(part.functionResponse) ?? {}, RESPONSE, `${here}.function_response`);
    if (refused) return refused;
    const kinds = Object.keys(part).filter(
      (name) => !name.startsWith('thought') && name !== 'videoMetadata',
    );
    if (kinds.length !== 1)
      return new Refused(
        `${here}.data: required oneof field 'data' must have one initialized field`,
      );
    if (part.functionResponse !== undefined && !isObject(asObject(part.functionResponse)?.response))
      return new Refused(`Invalid value at '${here}.function_response.response'`);
  }
  return null;
}

/** Since the user last spoke, the first call of every turn must have its signature; any signature must be a real one. */
function checkSignatures(contents: readonly Json[]): Refused | null {
  const spoke = contents.findLastIndex(
    (content) =>
      asObject(content)?.role === 'user' &&
      count(asObject(content) ?? {}, 'functionResponse') === 0,
  );
  for (const [at, given] of contents.entries()) {
    const content = asObject(given) ?? {};
    const parts = asArray(content.parts).map((part) => asObject(part) ?? {});
    const first = parts.findIndex((part) => part.functionCall !== undefined);
    for (const [index, part] of parts.entries()) {
      const signature = asString(part.thoughtSignature);
      const call = asObject(part.functionCall);
      if (signature === undefined) {
        if (index !== first || at <= spoke || !call) continue;
        return new Refused(
          `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly. Additional data, function call \`${String(call.name)}\`, position ${at}.`,
        );
      }
      const holds = call
        ? isCallSignature(signature, asString(call.name) ?? '', JSON.stringify(call.args ?? {}))
        : isSignature(signature);
      if (!holds) return new Refused('Thought signature is not valid.');
    }
  }
  return null;
}
