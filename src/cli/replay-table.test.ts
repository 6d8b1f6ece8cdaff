// The table of a replay: every part that has something to say, and none that has not.
import { expect, test } from 'bun:test';
import type { ReplayReport } from '../gateway/replay-report.ts';
import { replayTable } from './replay-table.ts';

const NOTHING: ReplayReport = {
  router_id: 'shop',
  from: '2026-11-19T12:00:00.000Z',
  to: '2026-11-20T12:00:00.000Z',
  limit: 10_000,
  truncated: false,
  requests: { total: 0, decided: 0, undecided: 0, unchanged: 0, moved: 0, refused: 0 },
  undecided: [],
  refused: [],
  moves: [],
  variants: [],
  users: { total: 0, moved: 0 },
  cost: {
    requests: 0,
    unpriced: 0,
    before_usd: 0,
    after_usd: 0,
    difference_usd: 0,
    difference_percent: null,
  },
  samples: [],
  assumptions: [],
};

test('of nothing', () => {
  expect(replayTable(NOTHING, 'Router "shop"')).toBe(
    `Router "shop" on 0 requests from 2026-11-19T12:00:00.000Z to 2026-11-20T12:00:00.000Z

  unchanged  0
  moved      0
  refused    0
  undecided  0

cost     $0.000000 → $0.000000  (+$0.000000)
users    0 of 0 get another variant
`,
  );
});

test('of all there can be', () => {
  const place = { router_id: 'shop', route_id: 'split' };
  const none = { router_id: 'shop', route_id: null, variant_id: null };
  const table = replayTable(
    {
      ...NOTHING,
      limit: 1203,
      truncated: true,
      requests: {
        total: 1203,
        decided: 1200,
        undecided: 3,
        unchanged: 1090,
        moved: 100,
        refused: 10,
      },
      undecided: [{ reason: 'the condition of route "hard" reads complexity', requests: 3 }],
      refused: [{ error: 'no_route_matched', requests: 10 }],
      moves: [
        {
          from_model: 'beta/large',
          to_model: 'alpha/small',
          requests: 98,
          cost_before_usd: 0.5,
          cost_after_usd: 0.1,
          unpriced: 0,
        },
        {
          from_model: null,
          to_model: null,
          requests: 2,
          cost_before_usd: 0,
          cost_after_usd: 0,
          unpriced: 2,
        },
      ],
      variants: [
        { ...place, variant_id: 'control', requests_before: 1000, requests_after: 900 },
        { ...none, requests_before: 0, requests_after: 10 },
      ],
      users: { total: 800, moved: 80 },
      cost: {
        requests: 1188,
        unpriced: 2,
        before_usd: 4,
        after_usd: 3.6,
        difference_usd: -0.4,
        difference_percent: -10,
      },
      assumptions: ['Equal tokens.'],
    },
    'Router "shop" as in draft.yaml',
  );
  expect(table.split('\n')).toEqual([
    'Router "shop" as in draft.yaml on 1203 requests from 2026-11-19T12:00:00.000Z to 2026-11-20T12:00:00.000Z (the newest 1203; there are more)',
    '',
    '  unchanged  1090',
    '  moved       100',
    '  refused      10',
    '  undecided     3',
    '',
    'cost     $4.000000 → $3.600000  (-$0.400000, -10 %), 2 without a known cost left out',
    'users    80 of 800 get another variant',
    '',
    'moved, by the model asked first',
    '  98  beta/large → alpha/small  $0.500000 → $0.100000',
    '   2  nobody → not known        $0.000000 → $0.000000, 2 without a known cost left out',
    '',
    'variants, requests before → after',
    '  1000 → 900  shop, split, control',
    '  0 → 10      no variant',
    '',
    'refused',
    '  10  no_route_matched',
    '',
    'undecided',
    '  3  the condition of route "hard" reads complexity',
    '',
    'assumed',
    '  Equal tokens.',
    '',
  ]);
});
