// requestFacts: what a plan may know of a request, each fact found when it is first asked for.
import type { OperationId } from '../core/operation.ts';
import type { GatewayOptions } from '../core/options.ts';
import type { RequestFacts } from '../core/request-facts.ts';
import type { Survey, Turn } from '../core/survey.ts';
import { asArray, asObject, type Json, type JsonObject } from '../lib/json.ts';
import { once } from '../lib/once.ts';
import { commandOf } from '../routing/facts/command.ts';
import { complexityOf } from '../routing/facts/complexity.ts';
import { languageOf } from '../routing/facts/language.ts';
import { promptTokensOf } from '../routing/facts/prompt-tokens.ts';
import type { Inbound } from './inbound.ts';
import { jsonCharacters } from './json-characters.ts';
import type { OperationInbound } from './operation-inbound.ts';

/** Where the operations have the words they are about. */
const WORDS = ['input', 'prompt', 'query'] as const;

/** Of a chat request. @param id the generation id */
export function requestFacts(inbound: Inbound, id: string): RequestFacts {
  const { body, dialect } = inbound;
  return factsOf(
    id,
    inbound,
    once(() => dialect.survey(body)),
    () => jsonCharacters(body),
  );
}

/** Of a request of an endpoint beside chat: its words are one turn of the user's. */
export function operationFacts(inbound: OperationInbound, id: string): RequestFacts {
  const { call } = inbound;
  return factsOf(
    id,
    inbound,
    once(() => wordsSurvey(call.operation, call.fields)),
    () => 0,
  );
}

function factsOf(
  id: string,
  {
    user,
    model,
    options,
  }: { readonly user: string | null; readonly model: string; readonly options: GatewayOptions },
  survey: () => Survey,
  besideTurns: () => number,
): RequestFacts {
  const turns = () => survey().turns;
  return {
    id,
    user,
    model,
    metadata: options.metadata ?? {},
    promptVariables: options.prompt_variables ?? {},
    survey,
    promptTokens: once(() => promptTokensOf(survey(), besideTurns())),
    language: once(() => languageOf(turns())),
    complexity: once(() => complexityOf(turns())),
    sessionDepth: once(() => turns().filter(isSomebodys).length),
    command: (known) => commandOf(turns(), known),
  };
}

/** A turn that only an agent wrote is nobody's; one without words may be a picture somebody sent. */
function isSomebodys({ role, typed, text }: Turn): boolean {
  return role === 'user' && (typed !== null || text === '');
}

function wordsSurvey(operation: OperationId, fields: JsonObject): Survey {
  const text = WORDS.flatMap((name) => textsIn(fields[name])).join('\n');
  const turns: Turn[] = text === '' ? [] : [{ role: 'user', text, typed: text }];
  return {
    turns,
    tools: false,
    images: operation === 'images.edits',
    audio: operation === 'audio.transcriptions' || operation === 'audio.translations',
    documents: false,
    structured: false,
    reasoning: false,
    maxOutput: null,
  };
}

/** A text, or those of a list, where `{"text": …}` stands for one. Lists of tokens have none. */
function textsIn(value: Json | undefined): string[] {
  if (typeof value === 'string') return [value];
  return asArray(value).flatMap((item) => {
    const text = typeof item === 'string' ? item : asObject(item)?.text;
    return typeof text === 'string' ? [text] : [];
  });
}
