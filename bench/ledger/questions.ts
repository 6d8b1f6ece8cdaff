// What a dashboard asks of a month: sums for its charts and tables, and lists of rows.

export interface Question {
  readonly name: string;
  /** Below /router/v1/. */
  readonly path: string;
  readonly query: { readonly [parameter: string]: string };
}

/** @param from ISO 8601 @param user, key: ordinary ones, neither the busiest nor the quietest */
export function dashboard(from: string, key: string): readonly Question[] {
  const usage = (name: string, query: { readonly [parameter: string]: string }): Question => ({
    name,
    path: 'usage',
    query: { from, ...query },
  });
  const logs = (name: string, query: { readonly [parameter: string]: string }): Question => ({
    name,
    path: 'logs',
    query: { from, limit: '50', ...query },
  });
  return [
    usage('everything, by hour', { interval: 'hour' }),
    usage('everything, by day', { interval: 'day' }),
    usage('by model', { group_by: 'model' }),
    usage('heat map: cost of models × hours', {
      ...{ interval: 'hour', group_by: 'model', fields: 'cost_usd' },
    }),
    usage('ten models by hour, the rest as one', {
      ...{ interval: 'hour', group_by: 'model', limit: '10', fields: 'requests,errors,total_ms' },
    }),
    usage('by provider, by day', { interval: 'day', group_by: 'provider' }),
    usage('by key: who spends most', { group_by: 'key', limit: '50' }),
    usage('by user: who spends most', { group_by: 'user', limit: '50' }),
    usage('by key and model', { group_by: 'key,model', limit: '100' }),
    usage('by router, route and variant', { group_by: 'router,route,variant' }),
    usage('one key by day and model', { key, interval: 'day', group_by: 'model' }),
    usage('one user by day', { user: 'user-1500', interval: 'day' }),
    usage('one model by hour', { model: 'groq/model-3', interval: 'hour' }),
    logs('newest 50 rows', {}),
    logs('newest 50 of a user', { user: 'user-15000' }),
    logs('newest 50 of a key', { key }),
    logs('newest 50 of a model', { model: 'cohere/model-39' }),
    logs('newest 50 errors', { status: 'error' }),
    logs('newest 50 that callers hung up on', { status: 'aborted' }),
    logs('a status that no row has', { status: '418' }),
    logs('newest 50 errors of a user', { user: 'user-1500', status: 'error' }),
    logs('newest 50 of a user that is not there', { user: 'nobody' }),
    logs('50 rows from three weeks ago', {
      to: new Date(Date.now() - 21 * 86_400_000).toISOString(),
    }),
  ];
}
