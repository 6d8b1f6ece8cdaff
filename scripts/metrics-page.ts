// docs/metrics.md, from the metrics a gateway has when it starts. A label without a bound is an error.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCatalogData } from '../src/catalog/load.ts';
import { ERRORS } from '../src/core/errors.ts';
import { openGateway } from '../src/gateway/build.ts';
import type { MetricFacts } from '../src/lib/metric-registry.ts';

const CODES = Object.keys(ERRORS).length;
/** By label, or by metric and label where the same word means something else there: its values, and how many there can be. */
const BOUNDS: { readonly [label: string]: readonly [values: string, bound: string] } = {
  provider: ['the ids of providers', 'as many as are configured'],
  model: [
    'names of models; `other` for all that have no label of their own',
    '501: the first 500 that are called, at most 250 of them names that neither the catalogue nor the configuration knows',
  ],
  key: ['labels of provider keys, never the keys', 'as many as are configured'],
  region: ['regions of keys that have one', 'as many as are configured'],
  endpoint: ['the names endpoints have in the log', 'about 12, one for each endpoint'],
  outcome: ['`ok`, or the [error code](errors.md)', `${CODES + 1}`],
  'switchyard_fallbacks_total.outcome': [
    '`before_content`, `resumed`, `race`, `failed`: another answered before the content, went on with the answer, began before it; none could',
    '4',
  ],
  state: ['`ready`, `cooling`, `open`, `probing`', '4'],
  'switchyard_provider_requests.state': ['`running`, `waiting`', '2'],
  kind: [
    '`input`, `cache_read`, `cache_write_5m`, `cache_write_1h`, `output`, `reasoning`, `audio_in`, `audio_out`',
    '8',
  ],
  'switchyard_cache_saved_usd_total.kind': ['`exact`, `semantic`, `shared`', '3'],
  'switchyard_cache_saved_tokens_total.kind': ['`exact`, `semantic`, `shared`', '3'],
  direction: ['`input`, `output`', '2'],
  result: ['what became of it', 'at most 5'],
  reason: ['why', 'at most 10'],
  verdict: ['how a line of a bill compares with the log', 'at most 6'],
  export: ['the names of exports', 'as many as are configured'],
  type: ['the types of exports', '5'],
  channel: ['the names of channels of alerts', 'as many as are configured'],
  rule: ['the rules of alerts', '10'],
  'switchyard_alerts_notifications_total.outcome': ['`sent`, `retried`, `failed`', '3'],
  limit: ['`budget`, `requests`, `tokens`, `concurrent`', '4'],
  of: ['`key`, `user`: whose limit it is', '2'],
  store: ['`file`, `redis`, `none`: what is behind the memory of the cache', '1'],
  guard: ['what two prompts differ in: `number`, `unit`, `date`, `negation`, `name`, …', '10'],
  version: ['the version that runs', '1'],
};

export async function metricsPage(): Promise<string> {
  const facts = await metricFacts();
  const rows = facts.map(
    ({ name, type, labels, help }) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(' ')} | ${help} |`,
  );
  const bounds = [
    ...new Set(facts.flatMap((one) => one.labels.map((label) => boundName(one, label)))),
  ]
    .sort()
    .map((name) => {
      const [values, bound] = BOUNDS[name] ?? [];
      if (values === undefined || bound === undefined)
        throw new Error(`scripts/metrics-page.ts does not say how many values "${name}" can have`);
      const [metric = '', label] = name.split('.');
      const title = label === undefined ? `\`${metric}\`` : `\`${label}\` of \`${metric}\``;
      return `| ${title} | ${values} | ${bound} |`;
    });
  return `# Metrics

\`GET /metrics\` tells all of them in Prometheus' text format; it takes an admin key. How to wire it, and what goes to OpenTelemetry: [Observability](guides/observability.md). Counters begin at 0 when the process starts. No label holds a caller's text but \`model\`, which is bounded; none holds a user, a caller's key or an address.

| metric | type | labels | what it is |
|---|---|---|---|
${rows.join('\n')}

## How many values a label has

Every combination of labels is a series that is kept for good, so each label is bounded.

| label | values | how many |
|---|---|---|
${bounds.join('\n')}

Generated from the metrics of a gateway that has just started.
`;
}

function boundName({ name }: MetricFacts, label: string): string {
  return BOUNDS[`${name}.${label}`] === undefined ? label : `${name}.${label}`;
}

async function metricFacts(): Promise<readonly MetricFacts[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'switchyard-metrics-'));
  const gateway = openGateway({
    dataDir,
    adminKey: null,
    sources: {
      config: {},
      environment: {},
      catalog: loadCatalogData(dataDir),
      local: new Map(),
      sim: null,
    },
    log: () => {},
  });
  const { facts } = gateway.metrics;
  await gateway.stop();
  rmSync(dataDir, { recursive: true, force: true });
  return facts;
}
