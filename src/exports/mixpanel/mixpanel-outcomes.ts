// Product events of Mixpanel as outcomes: its raw export, line by line. docs.mixpanel.com/reference/raw-event-export
import type { MixpanelSettings } from '../../config/export-mixpanel-schema.ts';
import { GatewayError } from '../../core/errors.ts';
import { beginningOf, toldWords } from '../../lib/http-call.ts';
import { asObject, isObject, parseJson } from '../../lib/json.ts';
import {
  type FoundOutcome,
  type FoundPage,
  MAX_PAGE,
  type OutcomeRange,
  type OutcomeSource,
} from '../outcome-source.ts';
import type { SinkTools } from '../sinks.ts';
import { eventOutcomes } from './event-outcomes.ts';
import { type MixpanelAccess, mixpanelAccess } from './mixpanel-access.ts';

/** Of an event: Mixpanel takes none of more than 1 MB. */
const MAX_LINE_CHARS = 4 * 1024 * 1024;
const MAX_TROUBLE_BYTES = 2000;

export function mixpanelOutcomes(
  settings: MixpanelSettings,
  { fetch }: Pick<SinkTools, 'fetch'>,
): OutcomeSource {
  const access = mixpanelAccess(settings);
  const mappings = settings.outcomes?.events ?? [];
  return {
    async *read(range, signal) {
      const response = await ask(access, exportUrl(access, names(), range), fetch, signal);
      let outcomes: FoundOutcome[] = [];
      let skipped = 0;
      for await (const line of linesOf(response)) {
        const event = parseJson(line);
        // Where it cannot go on it says so in a line that is no event.
        if (!isObject(event) || asObject(event.properties) === undefined)
          throw incomplete('a line that is no event');
        for (const outcome of eventOutcomes(event, mappings)) {
          if (outcome === null) skipped += 1;
          else outcomes.push(outcome);
        }
        if (outcomes.length + mappings.length <= MAX_PAGE) continue;
        yield { outcomes, skipped } satisfies FoundPage;
        outcomes = [];
        skipped = 0;
      }
      yield { outcomes, skipped };
    },
  };

  function names(): string[] {
    return [...new Set(mappings.map(({ event }) => event))];
  }
}

function exportUrl(
  { data, project }: MixpanelAccess,
  events: readonly string[],
  { since, until }: OutcomeRange,
): string {
  const query = new URLSearchParams({
    from_date: dayAt(since),
    to_date: dayAt(until),
    event: JSON.stringify(events),
    ...(project === null ? {} : { project_id: project }),
  });
  return `${data}/api/2.0/export?${query}`;
}

async function ask(
  { authorization }: MixpanelAccess,
  url: string,
  fetch: SinkTools['fetch'],
  signal: AbortSignal,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, {
      headers: { authorization, accept: 'text/plain', 'accept-encoding': 'gzip' },
      redirect: 'manual',
      signal,
    });
  } catch (thrown) {
    throw new GatewayError('upstream_unreachable', 'Mixpanel’s export did not answer.', {
      cause: thrown,
    });
  }
  if (response.status === 200) return response;
  const { text } = await beginningOf(response, MAX_TROUBLE_BYTES).catch(() => ({ text: '' }));
  const said = toldWords(text);
  const why = `Mixpanel’s export answered ${response.status}${said === '' ? '' : `: ${said}`}`;
  if (response.status === 401 || response.status === 403)
    throw new GatewayError(
      'upstream_auth',
      `${why}. Check project_id, username, secret and region.`,
    );
  if (response.status === 429)
    throw new GatewayError(
      'upstream_rate_limited',
      `${why}. It takes 60 questions an hour for a project: read less often.`,
    );
  throw new GatewayError('upstream_error', why);
}

async function* linesOf({ body }: Response): AsyncGenerator<string, void, void> {
  if (body === null) return;
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const bytes of body) {
      rest += decoder.decode(bytes, { stream: true });
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE_CHARS) throw incomplete('a line without an end');
      for (const line of lines) if (line.trim() !== '') yield line;
    }
  } catch (thrown) {
    if (thrown instanceof GatewayError) throw thrown;
    throw incomplete('the connection broke off');
  }
  if (rest.trim() !== '') yield rest;
}

function incomplete(why: string): GatewayError {
  return new GatewayError(
    'upstream_stream_truncated',
    `Mixpanel’s export is not whole: ${why}. What came counts; the next import reads it again.`,
  );
}

function dayAt(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
