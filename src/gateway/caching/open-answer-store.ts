// Where answers are kept: in memory, with a file or a Redis behind it, as the configuration and the environment say.
import { answerSealing } from '../../cache/answer-seal.ts';
import type { AnswerStore } from '../../cache/answer-store.ts';
import { FileAnswers } from '../../cache/file/file-answers.ts';
import { MemoryAnswers } from '../../cache/memory-answers.ts';
import { RedisAnswers } from '../../cache/redis/redis-answers.ts';
import type { MasterKeys } from '../../config/master-key.ts';
import type { Log } from '../../lib/log.ts';
import type { MetricRegistry } from '../../lib/metric-registry.ts';
import { watchAnswerStore } from './answer-store-metrics.ts';
import type { CacheSettings } from './settings.ts';

export interface AnswerStoreOptions {
  readonly dataDir: string;
  readonly environment: { readonly [name: string]: string | undefined };
  /** With them what is on disk or in Redis is sealed. */
  readonly masterKeys: MasterKeys;
  /** As they are now; where answers are kept is as at the start. */
  readonly settings: () => CacheSettings;
  readonly metrics: MetricRegistry;
  readonly log: Log;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Throws `storage_unavailable` where REDIS_URL is no address. */
export function openAnswerStore(options: AnswerStoreOptions): AnswerStore {
  const store = chosenStore(options);
  watchAnswerStore(store, options.metrics);
  return store;
}

function chosenStore(options: AnswerStoreOptions): AnswerStore {
  const { dataDir, environment, masterKeys, settings: bounds, log, now } = options;
  const { persists, shares } = bounds();
  if (!persists) return new MemoryAnswers(bounds, now);
  const sealing = answerSealing(masterKeys);
  const { REDIS_URL: url = '' } = environment;
  if (shares && url !== '') return new RedisAnswers({ url, sealing, bounds, log, now });
  return new FileAnswers({ dataDir, sealing, bounds, log, now });
}
