// What Slack is sent: within its limits, and nothing in it that a caller could wake anybody with.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import type { AlertRecord } from '../../core/alert.ts';
import { composed } from '../notice.ts';
import { sendSlack } from './slack.ts';

let server: ReturnType<typeof Bun.serve>;
let bodies: string[];

beforeEach(() => {
  bodies = [];
  server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      bodies.push(await request.text());
      // As Slack answers: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
      return new Response('ok');
    },
  });
});
afterEach(() => server.stop(true));

const alert = (id: string, title: string): AlertRecord => ({
  ...{ id, rule: 'runaway', subject: id, severity: 'critical', level: 1, title },
  ...{ facts: { usual: '<@U123> & more' }, todo: 'Look.', see: '/router/v1/logs?user=x' },
  ...{
    once: false,
    startedAt: 0,
    lastSeenAt: 0,
    resolvedAt: null,
    switchedOff: false,
    notifiedAt: 0,
  },
  ...{ acknowledgedAt: null, silencedUntil: null },
});

async function sent(titles: readonly string[]) {
  const notices = titles.map((title, nth) => ({
    ...{ kind: 'firing' as const, at: 0, alert: alert(`a${nth}`, title) },
  }));
  const message = composed('m', 0, 'alerts', notices);
  const channel = { type: 'slack' as const, url: server.url.href };
  const answer = await sendSlack(channel, { message, link: 'https://gateway.example', now: 0 });
  expect(answer).toEqual({ ok: true, detail: 'HTTP 200: ok' });
  return JSON.parse(bodies[0] ?? '') as {
    text: string;
    blocks: { type: string; text?: { text: string }; elements?: { text: string }[] }[];
  };
}

test('a user may be called what they like', async () => {
  const { text, blocks } = await sent(['User <!channel> runs away']);
  expect(text).toBe('Switchyard: [critical] User &lt;!channel&gt; runs away');
  expect(blocks[1]?.text?.text).toBe(
    [
      '*[critical] User &lt;!channel&gt; runs away*',
      'usual: &lt;@U123&gt; &amp; more',
      'since: 1970-01-01T00:00:00.000Z',
      '→ Look.',
      'https://gateway.example/router/v1/logs?user=x',
      'https://gateway.example/router/v1/alerts/a0',
    ].join('\n'),
  );
});

test('a storm of long ones stays within what a message may be', async () => {
  const { blocks } = await sent(
    Array.from({ length: 90 }, (_, nth) => `${nth} ${'&'.repeat(4000)}`),
  );
  expect(blocks.length).toBeLessThanOrEqual(50);
  expect(blocks[0]?.text?.text.length).toBeLessThanOrEqual(150);
  for (const { type, text } of blocks)
    if (type === 'section') expect(text?.text.length).toBeLessThanOrEqual(3000);
  expect(blocks.at(-1)?.elements?.[0]?.text).toBe(
    'and 70 more: https://gateway.example/router/v1/alerts?state=active',
  );
});
