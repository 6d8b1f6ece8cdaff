// Semantic: the search for prompts that mean the same, and what came of it, as a gateway holds them.
import {
  type Meanings,
  type MeaningsOptions,
  openMeanings,
} from '../../cache/semantic/meanings.ts';
import type { MasterKeys } from '../../config/master-key.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { MetricRegistry } from '../../lib/metric-registry.ts';
import { sealingKey } from '../../lib/seal.ts';
import { semanticReport } from './semantic-report.ts';
import { SemanticTally } from './semantic-tally.ts';
import type { CacheSettings } from './settings.ts';

export interface Semantic {
  readonly meanings: Meanings;
  readonly tally: SemanticTally;
  /** Why prompts cannot be compared by the local model; null: they can, or it is not known yet. */
  trouble(): string | null;
  /** The settings are others now. */
  know(settings: CacheSettings): void;
  /** For the operator. */
  report(): JsonObject;
  close(): Promise<void>;
}

export interface SemanticOptions extends Pick<MeaningsOptions, 'log' | 'now'> {
  readonly dataDir: string;
  readonly environment: { readonly [name: string]: string | undefined };
  readonly masterKeys: MasterKeys;
  readonly settings: () => CacheSettings;
  readonly metrics: MetricRegistry;
}

/** Keys for one purpose open nothing that is sealed for another. */
const PURPOSE = 'cached prompts';

/** Nothing is loaded before it is asked for, by the configuration or by a request. */
export function openSemantic({
  settings,
  metrics,
  log,
  now,
  ...options
}: SemanticOptions): Semantic {
  const { persists, shares, semantic } = settings();
  const { REDIS_URL: redisUrl = '' } = options.environment;
  const { maxEntries, timeoutMs } = semantic;
  const { current, previous } = options.masterKeys;
  const seals = current && sealingKey(current, PURPOSE);
  const opens = previous.map((key) => sealingKey(key, PURPOSE));
  const meanings = openMeanings({
    ...{ log, now, maxEntries },
    dataDir: persists ? options.dataDir : null,
    // Where the answers are, so are their prompts.
    redisUrl: persists && shares && redisUrl !== '' ? redisUrl : null,
    sealing: { seals, opens: seals === null ? opens : [seals, ...opens] },
    findWithinMs: timeoutMs,
  });
  const tally = new SemanticTally(metrics);
  const know = ({ mode, semantic }: CacheSettings) => {
    if (mode === 'semantic' && semantic.embedding === null) meanings.start();
  };
  know(settings());
  return {
    meanings,
    tally,
    trouble() {
      const standing = meanings.standing();
      return typeof standing === 'object' ? standing.failed : null;
    },
    know,
    report: () => semanticReport(settings().semantic, meanings, tally),
    close: () => meanings.close(),
  };
}
