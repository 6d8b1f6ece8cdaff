// Everything an operator can read, by route: where a route is missing here, the canary does not know what it tells.
export interface Known {
  readonly row: string;
  readonly failedRow: string;
  readonly router: string;
  readonly key: string;
  readonly providerKey: string;
}

export const READ_ROUTES: {
  readonly [route: string]: (known: Known) => readonly string[];
} = {
  '/': () => ['/'],
  '/metrics': () => ['/metrics'],
  '/router/v1/metrics': () => ['/router/v1/metrics'],
  '/router/v1/metrics/:name': () => ['/router/v1/metrics/kindness'],
  '/router/v1/audit': () => ['/router/v1/audit?limit=1000'],
  '/router/v1/audit:export': () => ['/router/v1/audit:export'],
  '/router/v1/cache': () => ['/router/v1/cache'],
  '/router/v1/health': () => ['/router/v1/health'],
  '/router/v1/logs': () => [
    '/router/v1/logs?limit=1000',
    '/router/v1/logs?status=error&limit=1000',
    '/router/v1/logs?from=soon',
  ],
  // Followed while the requests are made.
  '/router/v1/logs:stream': () => [],
  '/router/v1/logs:export': () => [
    '/router/v1/logs:export?format=csv',
    '/router/v1/logs:export?format=ndjson',
  ],
  '/router/v1/logs/:id': ({ row, failedRow }) => [
    `/router/v1/logs/${row}`,
    `/router/v1/logs/${failedRow}`,
  ],
  '/router/v1/logs/:id/bodies': ({ row }) => [`/router/v1/logs/${row}/bodies`],
  '/router/v1/reconciliation': () => ['/router/v1/reconciliation?provider=openai'],
  '/router/v1/reconciliation/imports': () => ['/router/v1/reconciliation/imports'],
  '/router/v1/usage': () => ['/router/v1/usage', '/router/v1/usage?group_by=model,user,key'],
  '/router/v1/routers': () => ['/router/v1/routers'],
  '/router/v1/routers/:path{.+}': ({ router }) => [
    `/router/v1/routers/${router}`,
    `/router/v1/routers/${router}/versions`,
    `/router/v1/routers/${router}/versions/1`,
  ],
  '/lro/v1alpha/:name{.+}': ({ router }) => [`/lro/v1alpha/operations/router.${router}.1`],
  '/router/v1/experiments': () => ['/router/v1/experiments'],
  '/router/v1/experiments/:router/:route': ({ router }) => [
    `/router/v1/experiments/${router}/only`,
  ],
  '/router/v1/keys': () => ['/router/v1/keys'],
  '/router/v1/keys/:id': ({ key }) => [`/router/v1/keys/${key}`],
  '/router/v1/alerts': () => ['/router/v1/alerts'],
  '/router/v1/alerts/channels': () => ['/router/v1/alerts/channels'],
  '/router/v1/alerts/:id': () => ['/router/v1/alerts/x'],
  '/router/v1/exports': () => ['/router/v1/exports'],
  '/router/v1/exports/:path{.+}': () => [
    '/router/v1/exports/refused',
    '/router/v1/exports/hook',
    '/router/v1/exports/refused/dead-letters',
    '/router/v1/exports/refused/backfills',
    '/router/v1/exports/analytics/outcomes',
  ],
  '/router/v1/provider-keys': () => ['/router/v1/provider-keys'],
  '/router/v1/provider-keys/:id': ({ providerKey }) => [`/router/v1/provider-keys/${providerKey}`],
  '/router/v1/users': () => ['/router/v1/users'],
  '/router/v1/users/:user{.+}': () => ['/router/v1/users/canary-user'],
};
