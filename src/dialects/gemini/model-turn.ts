// One turn of the model, with thought signatures back on the parts they came on
// (ai.google.dev/gemini-api/docs/thought-signatures: "exactly as received"; newer models refuse a turn whose first call has none).
import type { ReasoningPart, RedactedReasoningPart } from '../../core/call.ts';
import { asObject, asString, type JsonRecord, parseJson } from '../../lib/json.ts';
import { OWN_FORMAT, STAND_IN } from './signature-format.ts';

/** Of calls that were made through this vendor's OpenAI-compatible endpoint: `{"google": {"thought_signature"}}`. */
const EXTRA_FORMAT = 'openai-chat-extra-content';

type Writable = { [name: string]: JsonRecord[string] };

export class ModelTurn {
  readonly #bareCalls: boolean;
  readonly #parts: Writable[] = [];
  /** A signature that waits for the part it belongs to. */
  #waiting: string | null = null;
  #signedCall = false;

  /** @param bareCalls whether the model takes calls without a signature */
  constructor(bareCalls: boolean) {
    this.#bareCalls = bareCalls;
  }

  /** False where it is another maker's. */
  reasoning(part: ReasoningPart | RedactedReasoningPart): boolean {
    if (part.type === 'redacted-reasoning') {
      const signature = part.format === EXTRA_FORMAT ? signatureIn(part.data) : undefined;
      if (signature === undefined) return false;
      this.#wait(signature);
      return true;
    }
    if (part.format !== OWN_FORMAT) return false;
    if (part.text === '') {
      if (part.signature !== undefined) this.#wait(part.signature);
      return true;
    }
    this.#settle();
    const signed = part.signature === undefined ? {} : { thoughtSignature: part.signature };
    this.#parts.push({ text: part.text, thought: true, ...signed });
    return true;
  }

  call(part: JsonRecord): void {
    const signature = this.#waiting;
    this.#waiting = null;
    this.#signedCall ||= signature !== null;
    this.#parts.push(signature === null ? { ...part } : { ...part, thoughtSignature: signature });
  }

  text(part: JsonRecord): void {
    this.#settle();
    this.#parts.push({ ...part });
  }

  other(part: JsonRecord): void {
    const signature = this.#waiting;
    this.#waiting = null;
    const signed = signature !== null && part.thoughtSignature === undefined;
    this.#parts.push(signed ? { ...part, thoughtSignature: signature } : { ...part });
  }

  /** The parts of the turn. Calls of which none is signed get what stands in for a signature, on the first of them. */
  parts(): JsonRecord[] {
    this.#settle();
    const first = this.#parts.find((part) => part.functionCall !== undefined);
    if (first && !this.#signedCall && !this.#bareCalls) first.thoughtSignature = STAND_IN;
    return this.#parts;
  }

  #wait(signature: string): void {
    this.#settle();
    this.#waiting = signature;
  }

  /** A signature after which nothing of its own came was that of the text before it. */
  #settle(): void {
    const signature = this.#waiting;
    if (signature === null) return;
    this.#waiting = null;
    const last = this.#parts.at(-1);
    const bare =
      last !== undefined && typeof last.text === 'string' && last.thoughtSignature === undefined;
    if (bare && last.thought !== true) last.thoughtSignature = signature;
    else this.#parts.push({ text: '', thoughtSignature: signature });
  }
}

function signatureIn(data: string): string | undefined {
  return asString(asObject(asObject(parseJson(data))?.google)?.thought_signature);
}
