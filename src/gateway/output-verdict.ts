// OutputVerdict: whether an answer has the shape that was asked for, whoever was to see to it.
import { type Schema, Validator } from '@cfworker/json-schema';
import type { OutputFormat } from '../core/call.ts';
import type { ChatEvent, FinishReason } from '../core/event.ts';
import type { ReplyMetadata } from '../core/exchange.ts';
import { isObject, parseJson } from '../lib/json.ts';

type Verdict = NonNullable<ReplyMetadata['structured_output']>;

/** Larger schemas would take longer to check than an answer is worth waiting for. */
const MAX_SCHEMA_CHARS = 256 * 1024;

/** Collects an answer's text as it passes. */
export class OutputVerdict {
  readonly #format: OutputFormat;
  #text = '';
  #reason: FinishReason | null = null;
  #verdict: Verdict | null = null;

  constructor(format: OutputFormat) {
    this.#format = format;
  }

  observe(event: ChatEvent): void {
    if (event.type === 'block-delta' && event.delta.kind === 'text') this.#text += event.delta.text;
    else if (event.type === 'finish') this.#reason = event.reason;
  }

  /** Null while there is nothing to judge: the answer is not over, is a tool call, or was refused. */
  verdict(): Verdict | null {
    if (this.#reason !== 'stop' && this.#reason !== 'length') return null;
    this.#verdict ??=
      this.#reason === 'length'
        ? { valid: false, error: 'the answer was cut at its length limit' }
        : judge(this.#text, this.#format);
    return this.#verdict;
  }
}

/** What is wrong with an answer's form; null where it has the one that was asked for. */
export function brokenFormat(text: string, format: OutputFormat): string | null {
  const { valid, error } = judge(text, format);
  return valid ? null : (error ?? 'it does not fit');
}

function judge(text: string, format: OutputFormat): Verdict {
  const value = parseJson(text);
  if (value === undefined) return { valid: false, error: 'the answer is not JSON' };
  if (format.type === 'text') return { valid: true };
  if (format.type === 'json')
    return isObject(value)
      ? { valid: true }
      : { valid: false, error: 'the answer is not a JSON object' };
  if (JSON.stringify(format.schema).length > MAX_SCHEMA_CHARS)
    return { valid: false, error: 'the schema is too large to be checked' };
  return check(value, format.schema);
}

function check(value: unknown, schema: object): Verdict {
  try {
    const { valid, errors } = new Validator(schema as Schema, '2020-12').validate(value);
    if (valid) return { valid: true };
    // The last one is the innermost; a schema of `false` says less than the keyword it stands under. Its text is about the schema; the place is the answer's.
    const deepest = errors.findLast(({ keyword }) => keyword !== 'false');
    const place = deepest?.instanceLocation.replace(/^#/, '') || '/';
    return { valid: false, error: `${place}: breaks "${deepest?.keyword ?? 'schema'}"` };
  } catch {
    return { valid: false, error: 'the schema cannot be checked: it is not valid JSON Schema' };
  }
}
