// SpentBudgets: what keys and users have spent, as the command line can tell: from limits.db, where limits are counted in it.
import type { ConfigFile } from '../config/schema.ts';
import type { JsonObject } from '../lib/json.ts';
import type { CallerMeters } from '../limits/meters/caller-meters.ts';
import { readSpent } from '../limits/meters/read-spent.ts';
import type { Settings } from './settings.ts';

const NANO_PER_DOLLAR = 1e9;

export class SpentBudgets {
  readonly #dataDir: string;
  readonly #store: 'memory' | 'sqlite' | 'redis';
  readonly #path: string;
  #isAsked = false;

  /** @param path of the API, which can tell where this cannot */
  constructor({ dataDir, config }: Pick<Settings, 'dataDir' | 'config'>, path: string) {
    this.#dataDir = dataDir;
    this.#store = storeOf(config);
    this.#path = path;
  }

  /** The member `usage` of the API; what only the running gateway knows is null. Null: no budgets, or nobody can tell here. */
  of(caller: CallerMeters | null): JsonObject | null {
    const budgets = caller?.meters.filter(({ kind }) => kind === 'budget') ?? [];
    if (budgets.length === 0) return null;
    this.#isAsked = true;
    const spent = this.#store === 'sqlite' ? readSpent(this.#dataDir, budgets, Date.now()) : null;
    if (spent === null) return null;
    return {
      budgets: [...spent].map(([{ period, limit }, { nano, resetsAt }]) => ({
        period,
        amount_usd: limit / NANO_PER_DOLLAR,
        spent_usd: nano / NANO_PER_DOLLAR,
        held_usd: null,
        remaining_usd: null,
        resets_at: resetsAt === null ? null : new Date(resetsAt).toISOString(),
      })),
      requests_this_minute: null,
      tokens_this_minute: null,
      concurrent: null,
    };
  }

  /** Why it says nothing of what is spent; null: it does, or there was nothing to say. */
  note(): string | null {
    if (!this.#isAsked || this.#store === 'sqlite') return null;
    const where = this.#store === 'redis' ? 'in Redis' : 'in the memory of the gateway';
    return `What is spent is counted ${where}: GET ${this.#path} of the running gateway tells it.`;
  }
}

/** As a gateway with these settings would choose. */
function storeOf({ limits }: ConfigFile): 'memory' | 'sqlite' | 'redis' {
  return limits?.store ?? ((process.env.REDIS_URL ?? '') === '' ? 'sqlite' : 'redis');
}
