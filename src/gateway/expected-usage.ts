// What a request is expected to use at most, before anybody is asked: by our estimate of its prompt and by what it says itself.
import type { ChatDialect } from '../core/dialect.ts';
import type { Candidate } from '../core/plan.ts';
import type { RequestFacts } from '../core/request-facts.ts';
import { isLimit } from '../core/survey.ts';
import { UNKNOWN_USAGE, type Usage } from '../core/usage.ts';
import { asArray, asNumber, asObject, asString } from '../lib/json.ts';
import type { Inbound } from './inbound.ts';
import type { OperationInbound } from './operation-inbound.ts';
import { type AskedIn, sentLimit } from './sent-limit.ts';

/** Of one candidate. @param assumed tokens of output where the request sets no limit to them */
export type Expects = (candidate: Candidate, assumed: number) => Usage;

/** Bytes a second of sound that is compressed for speech: longer than nearly all that is sent. */
const SOUND_BYTES_A_SECOND = 4000;
const SOUND_TOKENS_A_SECOND = 10;
/** Documents a search unit covers. */
const DOCUMENTS_A_SEARCH = 100;
const CHARACTERS_A_TOKEN = 4;

/** @param facts of the request as it is sent */
export function expectedOfChat(
  { body, dialect }: Pick<Inbound, 'body'> & { readonly dialect: Pick<ChatDialect, 'id'> },
  facts: Pick<RequestFacts, 'survey' | 'promptTokens'>,
): Expects {
  let input: number | null = null;
  const answers = () => Math.max(times(body.n), times(asObject(body.extra_body)?.n));
  return (candidate, assumed) => {
    input ??= facts.promptTokens();
    const { maxOutput, tools, reasoning } = facts.survey();
    const asked = { dialect: dialect.id, tools, reasoning };
    const output = mostOutput(maxOutput, candidate, assumed, asked);
    return { ...UNKNOWN_USAGE, input, output: output * answers() };
  };
}

type Asked = Pick<OperationInbound, 'operation' | 'call'>;

/** Nothing is looked at before somebody with limits asks: there may be thousands of documents. */
export function expectedOfOperation(
  inbound: Asked,
  facts: Pick<RequestFacts, 'promptTokens'>,
): Expects {
  let found: Expects | null = null;
  return (candidate, assumed) => {
    found ??= lookedAt(inbound, facts);
    return found(candidate, assumed);
  };
}

function lookedAt(
  { operation, call: { fields, source } }: Asked,
  facts: Pick<RequestFacts, 'promptTokens'>,
): Expects {
  const said = operation.usageOf(fields);
  switch (operation.id) {
    case 'embeddings':
    case 'moderations':
      return () => ({ ...said, input: facts.promptTokens(), output: 0 });
    case 'rerank': {
      const documents = asArray(fields.documents);
      const searches = Math.max(1, Math.ceil(documents.length / DOCUMENTS_A_SEARCH));
      let characters = 0;
      for (const one of documents)
        characters += (asString(one) ?? asString(asObject(one)?.text) ?? '').length;
      const input = facts.promptTokens() + Math.ceil(characters / CHARACTERS_A_TOKEN);
      return ({ facts: model, configured }) => {
        const price = model?.price ?? configured.price;
        // Sold by the search, most of them: then nothing is known of tokens, and nothing is paid for them.
        return price?.input == null
          ? { ...said, searches }
          : { ...said, input, output: 0, searches: price.search == null ? null : searches };
      };
    }
    case 'images.generations':
    case 'images.edits': {
      const images = times(fields.n);
      return (_, assumed) => ({
        ...said,
        input: facts.promptTokens(),
        output: assumed * images,
        images,
      });
    }
    case 'audio.transcriptions':
    case 'audio.translations': {
      const bytes = source.kind === 'form' ? source.form.bytes.byteLength : 0;
      const seconds = Math.ceil(bytes / SOUND_BYTES_A_SECOND);
      const input = seconds * SOUND_TOKENS_A_SECOND;
      return (_, assumed) => ({ ...said, input, output: assumed, seconds });
    }
    case 'audio.speech':
      return (_, assumed) => ({ ...said, input: facts.promptTokens(), output: assumed });
    case 'completions': {
      const answers = Math.max(times(fields.n), times(fields.best_of));
      const limit = asNumber(fields.max_tokens) ?? null;
      return (candidate, assumed) => ({
        ...said,
        input: facts.promptTokens(),
        output: mostOutput(limit, candidate, assumed, AS_CHAT) * answers,
      });
    }
  }
}

/** Text completions are asked of providers that have only chat in its words. */
const AS_CHAT: AskedIn = { dialect: 'openai-chat', tools: false, reasoning: false };

/** What the request says, as its candidate is told it, but no more than the model can give. What can be no limit says nothing. */
function mostOutput(
  stated: number | null,
  candidate: Candidate,
  assumed: number,
  asked: AskedIn,
): number {
  const { facts } = candidate;
  const limit =
    stated !== null && isLimit(stated)
      ? (sentLimit(stated, candidate, asked) ?? Math.max(stated, assumed))
      : assumed;
  return Math.min(facts?.maxOutput ?? limit, limit);
}

/** How many answers it asks for. */
function times(count: unknown): number {
  const many = Math.ceil(Number(count ?? 1));
  return Number.isSafeInteger(many) && many > 1 ? many : 1;
}
