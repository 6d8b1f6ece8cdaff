// OutcomeSource: where what users did is read back from, as outcomes of experiments. It only reads; what counts, and that nothing
// counts twice, is the experiments'.
import type { ExportSettings } from '../config/exports-schema.ts';
import type { Json } from '../lib/json.ts';
import type { SinkTools } from './sinks.ts';

export interface FoundOutcome {
  /** Of the same thing that happened always the same. */
  readonly id: string;
  readonly user: string | null;
  readonly generation_id: string | null;
  readonly metric: string;
  readonly value: Json;
  /** Unix milliseconds. */
  readonly at: number | null;
}

export interface FoundPage {
  readonly outcomes: readonly FoundOutcome[];
  /** What is no outcome: nobody's, or without a value. */
  readonly skipped: number;
}

export interface OutcomeRange {
  /** Unix milliseconds: from the beginning of that day, UTC. */
  readonly since: number;
  readonly until: number;
}

export interface OutcomeSource {
  /** Pages of at most 1,000. Throws a GatewayError where not all of it could be read: what was given before counts. */
  read(range: OutcomeRange, signal: AbortSignal): AsyncGenerator<FoundPage, void, void>;
}

export type OutcomeSettings = Extract<ExportSettings, { readonly outcomes?: unknown }>;

export const MAX_PAGE = 1000;

/** Whether outcomes are read from there. */
export function readsOutcomes(settings: ExportSettings): settings is OutcomeSettings {
  return 'outcomes' in settings && settings.outcomes !== undefined;
}

/** Rejects with a GatewayError where the settings cannot work. */
export async function openOutcomeSource(
  settings: OutcomeSettings,
  tools: Pick<SinkTools, 'fetch' | 'environment' | 'now'>,
): Promise<OutcomeSource> {
  switch (settings.type) {
    case 'mixpanel':
      return (await import('./mixpanel/mixpanel-outcomes.ts')).mixpanelOutcomes(settings, tools);
    case 'bigquery':
      return (await import('./bigquery/bigquery-outcomes.ts')).bigQueryOutcomes(settings, tools);
    default:
      return settings satisfies never;
  }
}
