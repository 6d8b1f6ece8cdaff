// Every night: the bills of the last days are fetched and compared with the log; one line says what came of it, and metrics.
import type { ConfigFile } from '../config/schema.ts';
import { toGatewayError } from '../core/errors.ts';
import type { Log } from '../lib/log.ts';
import type { MetricRegistry } from '../lib/metric-registry.ts';
import { VENDORS, type Vendor } from '../reconcile/billed.ts';
import { type Comparison, VERDICTS } from '../reconcile/comparison.ts';
import type { Bills } from './open-bills.ts';

const DAY_MS = 86_400_000;
/** How often it is looked whether it is time; after a failure it is tried again as often. */
const LOOK_EVERY_MS = 600_000;
const DEFAULT_HOUR = 6;
const DEFAULT_DAYS = 3;

export interface NightlyOptions {
  readonly bills: Bills;
  /** As it is now. */
  readonly config: () => ConfigFile['reconciliation'];
  readonly log: Log;
  readonly metrics: MetricRegistry;
}

export class NightlyComparison {
  readonly #options: NightlyOptions;
  readonly #done = new Map<Vendor, string>();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #tell: (provider: Vendor, comparison: Comparison) => void;
  #running = false;

  constructor(options: NightlyOptions) {
    this.#options = options;
    this.#tell = gauges(options.metrics);
    this.#timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** Compares what is due. Never throws. */
  async look(): Promise<void> {
    const { bills, config } = this.#options;
    const { daily = false, hour = DEFAULT_HOUR } = config() ?? {};
    const now = bills.now();
    if (!daily || this.#running || new Date(now).getUTCHours() < hour) return;
    this.#running = true;
    const today = dayAt(now);
    for (const provider of VENDORS) {
      if (this.#done.get(provider) === today || bills.access(provider) === null) continue;
      if (await this.#compare(provider, now)) this.#done.set(provider, today);
    }
    this.#running = false;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #compare(provider: Vendor, now: number): Promise<boolean> {
    const { bills, config, log } = this.#options;
    const { days = DEFAULT_DAYS, tolerance } = config() ?? {};
    const [first, last] = [dayAt(now - days * DAY_MS), dayAt(now - DAY_MS)];
    try {
      const access = bills.access(provider);
      if (access === null) return false;
      const { reconciliation } = bills;
      await reconciliation.importFetched(provider, { first, last }, access);
      const providers = bills.providers(provider);
      const compared = await reconciliation.compare({
        provider,
        first,
        last,
        providers,
        tolerance,
      });
      if (compared === null) return false;
      this.#tell(provider, compared);
      const told = summary(compared);
      const isOff = told.drift + told.only_bill + told.only_log > 0;
      log(
        isOff ? 'warn' : 'info',
        isOff ? 'the bill and the log differ' : 'the bill is what the log says',
        {
          ...{ provider, from: first, to: last, ...told },
          ...(isOff
            ? { see: `/router/v1/reconciliation?provider=${provider}&from=${first}&to=${last}` }
            : {}),
        },
      );
      return true;
    } catch (thrown) {
      const { message } = toGatewayError(thrown);
      log('warn', 'the bill could not be compared with the log', { provider, message });
      return false;
    }
  }
}

function summary({ lines, cost }: Comparison) {
  const count = (verdict: string) => lines.filter((line) => line.verdict === verdict).length;
  return {
    match: count('match'),
    drift: count('drift'),
    only_bill: count('only_bill'),
    only_log: count('only_log'),
    incomplete: count('incomplete'),
    cost_difference_usd: cost.difference === null ? null : cost.difference / 1e9,
  };
}

function gauges(metrics: MetricRegistry) {
  const lines = metrics.gauge({
    name: 'switchyard_reconciliation_lines',
    help: 'Days and models of the last nightly comparison with a bill, by verdict.',
    labels: ['provider', 'verdict'],
  });
  const difference = metrics.gauge({
    name: 'switchyard_reconciliation_cost_difference_usd',
    help: "The log's cost less the bill's in the last nightly comparison.",
    labels: ['provider'],
  });
  return (provider: Vendor, comparison: Comparison) => {
    for (const verdict of VERDICTS)
      lines.of(provider, verdict).value = comparison.lines.filter(
        (line) => line.verdict === verdict,
      ).length;
    const { difference: nano } = comparison.cost;
    if (nano !== null) difference.of(provider).value = nano / 1e9;
  };
}

function dayAt(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
