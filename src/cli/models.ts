// switchyard models: list what the catalogue knows, or fetch fresh public facts.
import { defineCommand } from 'citty';
import { buildCatalog } from '../catalog/catalog.ts';
import { loadCatalogData } from '../catalog/load.ts';
import { refreshCatalog } from '../catalog/refresh.ts';
import { refreshScores } from '../catalog/refresh-scores.ts';
import type { ModelFacts } from '../core/model.ts';
import { exitWith, settingsArgs, settingsOrExit } from './settings.ts';

const list = defineCommand({
  meta: { name: 'list', description: 'List models with context and price.' },
  args: {
    ...settingsArgs,
    provider: { type: 'string', description: 'only this provider' },
    json: { type: 'boolean', description: 'one JSON object a line' },
  },
  async run({ args }) {
    const { dataDir, config } = await settingsOrExit(args);
    const catalog = buildCatalog(loadCatalogData(dataDir), config.models ?? []);
    let count = 0;
    for (const facts of catalog.list()) {
      if (args.provider !== undefined && facts.provider !== args.provider) continue;
      count += 1;
      process.stdout.write(`${args.json ? JSON.stringify(facts) : line(facts)}\n`);
    }
    process.stderr.write(`${count} models\n`);
  },
});

const refresh = defineCommand({
  meta: {
    name: 'refresh',
    description:
      'Download fresh prices and abilities from models.dev; a running gateway takes them at once.',
  },
  args: {
    ...settingsArgs,
    url: { type: 'string', description: 'another address of the same list' },
    scores: {
      type: 'string',
      description: 'an address of a score table; then that alone is taken, and prices stay',
    },
  },
  async run({ args }) {
    const { dataDir } = await settingsOrExit(args);
    if (args.scores !== undefined) {
      const taken = await refreshScores({ dataDir, fetch, url: args.scores });
      if (!taken.ok) exitWith([`Nothing was changed: ${taken.reason}.`]);
      process.stdout.write(`Scores of ${taken.models} models of ${taken.date} in ${taken.path}.\n`);
      return;
    }
    const result = await refreshCatalog({
      dataDir,
      fetch,
      now: () => new Date(),
      ...(args.url === undefined ? {} : { url: args.url }),
    });
    if (!result.ok) exitWith([`Nothing was changed: ${result.reason}.`]);
    process.stdout.write(
      `${result.models} models of ${result.date} in ${result.path}: ${result.added.length} new, ${result.removed.length} gone, ${result.repriced.length} with another price.\n`,
    );
    for (const { id, before, after } of result.repriced.slice(0, 50)) {
      process.stdout.write(
        `  ${id}: ${dollars(before?.input)} in, ${dollars(before?.output)} out → ${dollars(after?.input)} in, ${dollars(after?.output)} out\n`,
      );
    }
  },
});

export const models = defineCommand({
  meta: { name: 'models', description: 'List the catalogue, or refresh it.' },
  subCommands: { list, refresh },
});

function line(facts: ModelFacts): string {
  const context =
    facts.context === null ? 'context unknown' : `${facts.context.toLocaleString('en')} tokens`;
  return `${facts.provider}/${facts.model}  ${context}  ${dollars(facts.price?.input)} in, ${dollars(facts.price?.output)} out per million`;
}

function dollars(rate: number | null | undefined): string {
  return rate == null ? '?' : `$${rate}`;
}
