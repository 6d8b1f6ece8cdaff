// Which channels are told of an alert, and which cannot be yet.
import type { AlertRecord } from '../../core/alert.ts';
import type { ChannelConfig } from '../alert-settings.ts';

/** Why nothing can be sent to it; null: it can. */
export function unreadyReason(channel: ChannelConfig): string | null {
  if (channel.type !== 'smtp' && channel.url === '')
    return 'It has no url: is the variable set that it comes from?';
  if (channel.type === 'smtp' && channel.host === '')
    return 'It has no host: is the variable set that it comes from?';
  if (channel.type === 'webhook' && channel.secret === '')
    return 'Its secret is empty: is the variable set that it comes from?';
  return channel.enabled === false ? 'It is switched off.' : null;
}

export function isReady(channel: ChannelConfig): boolean {
  return unreadyReason(channel) === null;
}

export function wants(
  { rules, severities }: ChannelConfig,
  { rule, severity }: Pick<AlertRecord, 'rule' | 'severity'>,
): boolean {
  return (rules?.includes(rule) ?? true) && (severities?.includes(severity) ?? true);
}
