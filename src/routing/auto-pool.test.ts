// The pool: one id for each model of a provider, in order of ids, whatever the lists hold it twice.
import { describe, expect, test } from 'bun:test';
import type { ModelFacts } from '../core/model.ts';
import type { ConfiguredProvider } from '../core/plan.ts';
import { buildAutoPool, type PoolSources } from './auto-pool.ts';
import { autoFactsOf } from './auto-samples.ts';

const IDS = ['h/global.m', 'h/m', 'h/m-20260101', 'h/us.m', 'k/m-20260101', 'k/m-20260202'];
const sample = autoFactsOf(Object.fromEntries(IDS.map((id) => [id, {}])));
const facts = new Map(IDS.map((id) => [id, sample.resolve(id)[0]?.facts ?? null]));

function pool(more: Partial<PoolSources> = {}) {
  return buildAutoPool({
    providers: sample.providers,
    catalog: {
      get: (provider, model) => facts.get(`${provider}/${model}`) ?? null,
      list: () => [...facts.values()].filter((one): one is ModelFacts => one !== null),
    },
    metrics: sample.metrics,
    isChatModel: () => true,
    familyOf: (_, model) =>
      model.startsWith('us.') ? null : model.replace(/^global\./, '').replace(/-\d{8}$/, ''),
    ...more,
  });
}

const ids = (more?: Partial<PoolSources>) =>
  pool(more).entries.map(({ candidate }) => candidate.id);

describe('of several ids of one model', () => {
  test('the shortest, of dated ones the newest; never one that only its full id reaches', () => {
    expect(ids()).toEqual(['h/m', 'k/m-20260202']);
  });

  test('the preferred one, where the provider has one', () => {
    const isPreferred = (_: string, model: string) => model.startsWith('global.');
    expect(ids({ isPreferred })).toEqual(['h/global.m', 'k/m-20260202']);
  });

  test('the one the provider itself lists', () => {
    const listing = (id: string, models: readonly string[]): [string, ConfiguredProvider] => {
      const configured = sample.providers.get(id);
      if (configured === undefined) throw new Error(`no provider ${id}`);
      return [id, { ...configured, models }];
    };
    const providers = new Map([listing('h', ['m-20260101']), listing('k', ['other'])]);
    expect(ids({ providers })).toEqual(['h/m-20260101', 'k/m-20260202', 'k/other']);
  });
});

test('what is no chat model is left out, listed or not', () => {
  const isChatModel: PoolSources['isChatModel'] = (_, model) => !model.startsWith('m-');
  expect(ids({ isChatModel })).toEqual(['h/m']);
});
