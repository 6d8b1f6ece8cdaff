// Caller: one of the official SDKs on one of the caller's wires, asking a question of the gateway.
import { APIError as AnthropicError } from '@anthropic-ai/sdk';
import { APIError as OpenAIError } from 'openai';
import type { CallerDialectId } from '../../src/core/dialect.ts';
import { asObject, asString, type JsonObject } from '../../src/lib/json.ts';
import { type Listened, Tape, type Thrown, type Understood } from './listened.ts';
import type { Question } from './question.ts';

/** Where to, whom, what. `more` are fields of the gateway's own. */
export interface Asking {
  readonly url: string;
  readonly key: string;
  readonly model: string;
  readonly prompt: string;
  readonly question: Question;
  readonly stream: boolean;
  readonly more: JsonObject;
}

export interface Caller {
  readonly dialect: CallerDialectId;
  /** The wire's words for an answer that is over, and for one that calls tools. */
  readonly stopped: string;
  readonly calling: string;
  /** Asks, and adds to `understood` what the SDK hands out. Throws what the SDK throws. */
  ask(asking: Asking, tape: Tape, understood: Understood): Promise<void>;
}

/** Asks and listens to the end, however that comes about. */
export async function listen(caller: Caller, asking: Asking): Promise<Listened> {
  const tape = new Tape();
  const understood: Understood = { text: '', reasoning: '', final: null };
  let thrown: Thrown | null = null;
  try {
    await caller.ask(asking, tape, understood);
  } catch (error) {
    thrown = toThrown(error);
  }
  return tape.listened(understood, thrown);
}

function toThrown(error: unknown): Thrown {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof OpenAIError || error instanceof AnthropicError))
    return { status: null, code: null, message };
  const body = asObject(error.error);
  const code = asString(body?.code) ?? asString(asObject(body?.error)?.code) ?? null;
  return { status: error.status ?? null, code, message };
}
