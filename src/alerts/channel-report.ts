// Channels as the API shows them: never an address' path, a secret or a password.
import type { Database } from 'bun:sqlite';
import { RULES, SEVERITIES } from '../core/alert.ts';
import type { JsonObject } from '../lib/json.ts';
import type { ChannelConfig } from './alert-settings.ts';
import { unreadyReason } from './channels/which-channel.ts';
import type { Message } from './notice.ts';
import { type MessageRow, messagesOf, noticesWaiting } from './outbox.ts';
import { iso } from './shown-alert.ts';
import { headline } from './told-message.ts';

const SHOWN_MESSAGES = 10;

export function shownChannel(sqlite: Database, name: string, channel: ChannelConfig): JsonObject {
  const problem = unreadyReason(channel);
  const { all, held } = noticesWaiting(sqlite, name);
  return {
    name,
    type: channel.type,
    target: targetOf(channel),
    ready: problem === null,
    problem,
    rules: [...(channel.rules ?? RULES)],
    severities: [...(channel.severities ?? SEVERITIES)],
    waiting: all,
    held,
    messages: messagesOf(sqlite, name, SHOWN_MESSAGES).map(shownMessage),
  };
}

export function shownMessage(row: MessageRow): JsonObject {
  return {
    id: row.id,
    channel: row.channel,
    state: row.state,
    title: headline(JSON.parse(row.message) as Message),
    created_at: iso(row.created_at),
    attempts: row.attempts,
    sent_at: iso(row.sent_at),
    problem: row.problem,
    next_try_at: row.state === 'waiting' ? iso(row.due_at) : null,
  };
}

/** The path of an incoming webhook is its secret. */
function targetOf(channel: ChannelConfig): JsonObject {
  if (channel.type === 'smtp')
    return {
      host: channel.host,
      port: channel.port ?? null,
      from: channel.from,
      to: channel.to,
      password: (channel.password ?? '') !== '',
    };
  return {
    url: URL.canParse(channel.url) ? `${new URL(channel.url).origin}/…` : null,
    ...(channel.type === 'webhook' ? { signed: (channel.secret ?? '') !== '' } : {}),
  };
}
