// Alerts as JSON, signed as Standard Webhooks 1.0.0 say: https://www.standardwebhooks.com
import { webhookHeaders, webhookKey } from '../../lib/webhook-signature.ts';
import type { ChannelConfig } from '../alert-settings.ts';
import { shownAlert } from '../shown-alert.ts';
import { headline, linkTo } from '../told-message.ts';
import { postJson } from './post-json.ts';
import type { Sending, Sent } from './send-message.ts';

type Webhook = Extract<ChannelConfig, { readonly type: 'webhook' }>;

export function sendWebhook(channel: Webhook, { message, link, now }: Sending): Promise<Sent> {
  const body = webhookBody(message, link);
  const key = channel.secret === undefined ? null : webhookKey(channel.secret);
  return postJson(channel.url, body, webhookHeaders({ id: message.id, at: now, body }, key), now);
}

function webhookBody(message: Sending['message'], link: string | null): string {
  const { kind, at, notices, more } = message;
  return JSON.stringify({
    type: kind === 'test' ? 'alerts.test' : 'alerts.changed',
    timestamp: new Date(at).toISOString(),
    data: {
      title: headline(message),
      /** True: these waited because it was quiet. */
      summary: kind === 'summary',
      alerts: notices.map((notice) => ({
        event: notice.kind,
        at: new Date(notice.at).toISOString(),
        link: linkTo(link, `/router/v1/alerts/${notice.alert.id}`),
        ...shownAlert(notice.alert),
      })),
      more,
    },
  });
}
