// SurveyNotes: what a survey finds on its one pass over a body, whatever the wire; and what the wires ask for in the same words.
import type { OutputFormat } from '../core/call.ts';
import type { Survey, Turn, TurnRole } from '../core/survey.ts';
import { asArray, asNumber, asObject, type Json, type JsonObject } from '../lib/json.ts';
import { once } from '../lib/once.ts';
import { typedOf } from './typed-text.ts';

export class SurveyNotes {
  readonly #turns: Turn[] = [];
  images = false;
  audio = false;
  documents = false;

  turn(role: TurnRole, texts: readonly string[]): void {
    const text = texts.length === 1 ? (texts[0] ?? '') : texts.join('\n');
    this.#turns.push(role === 'user' ? usersTurn(text, texts) : { role, text, typed: null });
  }

  /** @param fields what of a survey is not in the turns */
  survey(fields: Pick<Survey, 'tools' | 'structured' | 'reasoning' | 'maxOutput'>): Survey {
    const { images, audio, documents } = this;
    return { turns: this.#turns, images, audio, documents, ...fields };
  }
}

/** What was typed costs more to find than all the rest, and few who ask for a survey ask for that. */
function usersTurn(text: string, texts: readonly string[]): Turn {
  const typed = once(() => typedOf(texts));
  return {
    role: 'user',
    text,
    get typed() {
      return typed();
    },
  };
}

/** True where tools are offered and may be called. */
export function offersTools(body: JsonObject, isNone: boolean): boolean {
  return !isNone && (asArray(body.tools).length > 0 || asArray(body.functions).length > 0);
}

export function isStructured({ type }: OutputFormat): boolean {
  return type !== 'text';
}

/** Whether our own `reasoning` asks to think; null where it says nothing of it. It may be anything: nobody has checked it. */
export function optionThinks(option: Json | undefined): boolean | null {
  const { effort, max_tokens: budget, enabled } = asObject(option) ?? {};
  if (typeof effort === 'string') return effort !== 'none';
  if (asNumber(budget) !== undefined) return budget !== 0;
  return typeof enabled === 'boolean' ? enabled : null;
}

/** Whether `thinking` asks to think; null where it says nothing of it. */
export function thinkingThinks(thinking: Json | undefined): boolean | null {
  const type = asObject(thinking)?.type;
  if (type === 'enabled' || type === 'adaptive') return true;
  return type === undefined ? null : false;
}
