// Alerts for Slack's incoming webhooks, and for whatever takes the same.
import type { ChannelConfig } from '../alert-settings.ts';
import { footer, headline, type Told, toldOf } from '../told-message.ts';
import { postJson } from './post-json.ts';
import type { Sending, Sent } from './send-message.ts';

type Slack = Extract<ChannelConfig, { readonly type: 'slack' }>;

/** https://docs.slack.dev/reference/block-kit/blocks: what a header and a section may hold, in characters. */
const MAX_HEADER = 150;
const MAX_SECTION = 3000;

export function sendSlack(channel: Slack, sending: Sending): Promise<Sent> {
  return postJson(channel.url, JSON.stringify(slackBody(sending)), {}, sending.now);
}

function slackBody({ message, link }: Pick<Sending, 'message' | 'link'>) {
  const title = headline(message);
  const last = footer(message, link);
  const sections = message.notices.map((notice) => sectionOf(toldOf(notice, link)));
  return {
    // What notifications and clients without blocks show.
    text: escaped(title),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cut(title, MAX_HEADER) } },
      ...sections.map((text) => ({ type: 'section', text: { type: 'mrkdwn', text } })),
      ...(last === null
        ? []
        : [{ type: 'context', elements: [{ type: 'mrkdwn', text: escaped(last) }] }]),
    ],
  };
}

function sectionOf({ heading, facts, todo, links }: Told): string {
  const lines = [
    `*${escaped(heading)}*`,
    ...facts.map(([name, value]) => `${escaped(name)}: ${escaped(value)}`),
    ...(todo === null ? [] : [`→ ${escaped(todo)}`]),
    ...links.map(escaped),
  ];
  return cut(lines.join('\n'), MAX_SECTION);
}

/** https://docs.slack.dev/messaging/formatting-message-text: without this a user could be named `<!channel>`, and wake everybody. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
