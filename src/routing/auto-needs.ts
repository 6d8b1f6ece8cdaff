// Needs: what a request asks of a model, and whether a model has it: yes, no, or nobody knows.
import type { ModelFacts } from '../core/model.ts';
import type { RequestFacts } from '../core/request-facts.ts';

export interface Needs {
  /** Our estimate. */
  readonly promptTokens: number;
  /** The limit the request sets to its answer; null: none. */
  readonly maxOutput: number | null;
  readonly tools: boolean;
  readonly images: boolean;
  readonly audio: boolean;
  readonly documents: boolean;
  readonly structured: boolean;
  readonly reasoning: boolean;
}

export function needsOf(facts: Pick<RequestFacts, 'survey' | 'promptTokens'>): Needs {
  const { tools, images, audio, documents, structured, reasoning, maxOutput } = facts.survey();
  const promptTokens = facts.promptTokens();
  return { promptTokens, maxOutput, tools, images, audio, documents, structured, reasoning };
}

const TOOLS = 1;
const IMAGES = 2;
const AUDIO = 4;
const DOCUMENTS = 8;
const STRUCTURED = 16;
const REASONING = 32;
const ALL = 63;
const CONTEXT = 64;
const OUTPUT = 128;

/** What an answer without a limit needs room for, at the least. */
const LEAST_OUTPUT = 256;
/** Every chat model of today takes so many tokens: that a model's context is not known counts beyond them only. */
const ANY_MODELS_CONTEXT = 4096;

/** Sets of needs as bits: comparing one model costs two operations. */
export interface Abilities {
  readonly lacks: number;
  readonly unknown: number;
  readonly context: number | null;
  readonly maxOutput: number | null;
}

/** Of a model that is listed nowhere nothing is known, not even what it reads. */
export function abilitiesOf(facts: ModelFacts | null): Abilities {
  if (facts === null || isBlank(facts)) {
    const { context = null, maxOutput = null } = facts ?? {};
    return { lacks: 0, unknown: ALL, context, maxOutput };
  }
  let lacks = 0;
  let unknown = 0;
  const mark = (bit: number, able: boolean | null) => {
    if (able === null) unknown |= bit;
    else if (!able) lacks |= bit;
  };
  mark(TOOLS, facts.abilities.tools);
  mark(STRUCTURED, facts.abilities.structuredOutput);
  mark(REASONING, facts.abilities.reasoning);
  mark(IMAGES, facts.input.includes('image'));
  mark(AUDIO, facts.input.includes('audio'));
  mark(DOCUMENTS, facts.input.includes('pdf'));
  return { lacks, unknown, context: facts.context, maxOutput: facts.maxOutput };
}

/** The operator's own entry for a model the catalogue does not know: its modalities are ours, not the model's. */
function isBlank({ abilities, released, maker }: ModelFacts): boolean {
  const { tools, reasoning, structuredOutput, temperature } = abilities;
  const known = [tools, reasoning, structuredOutput, temperature, released, maker ?? null];
  return known.every((fact) => fact === null);
}

/** The abilities a request needs, as bits. */
export function needBits(needs: Needs): number {
  return (
    (needs.tools ? TOOLS : 0) |
    (needs.images ? IMAGES : 0) |
    (needs.audio ? AUDIO : 0) |
    (needs.documents ? DOCUMENTS : 0) |
    (needs.structured ? STRUCTURED : 0) |
    (needs.reasoning ? REASONING : 0)
  );
}

/** What the model is known to be without, of what is needed; 0: nothing. */
export function lackOf(able: Abilities, needs: Needs, bits: number): number {
  let lack = able.lacks & bits;
  const room = needs.promptTokens + (needs.maxOutput ?? LEAST_OUTPUT);
  if (able.context !== null && room > able.context) lack |= CONTEXT;
  if (needs.maxOutput !== null && able.maxOutput !== null && needs.maxOutput > able.maxOutput)
    lack |= OUTPUT;
  return lack;
}

/** Whether nobody knows if the model has all that is needed. Such a model is asked after those that do. */
export function isDoubtful(able: Abilities, needs: Needs, bits: number): boolean {
  if ((able.unknown & bits) !== 0) return true;
  return (
    able.context === null &&
    needs.promptTokens + (needs.maxOutput ?? LEAST_OUTPUT) > ANY_MODELS_CONTEXT
  );
}

/** In words: `tools, images, 250k tokens of context`. */
export function needWords(bits: number, needs: Needs): string {
  const words: string[] = [];
  if (bits & TOOLS) words.push('tools');
  if (bits & IMAGES) words.push('images');
  if (bits & AUDIO) words.push('audio');
  if (bits & DOCUMENTS) words.push('documents');
  if (bits & STRUCTURED) words.push('structured output');
  if (bits & REASONING) words.push('reasoning');
  if (bits & CONTEXT)
    words.push(`${short(needs.promptTokens + (needs.maxOutput ?? LEAST_OUTPUT))} context`);
  if (bits & OUTPUT) words.push(`${short(needs.maxOutput ?? 0)} output`);
  return words.join(', ');
}

function short(tokens: number): string {
  return tokens < 1000 ? `${tokens}` : `${Math.round(tokens / 1000)}k`;
}
