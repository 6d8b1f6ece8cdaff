// One message to one channel, once.
import type { ChannelConfig } from '../alert-settings.ts';
import type { Message } from '../notice.ts';
import { sendMail } from './mail.ts';
import { sendSlack } from './slack.ts';
import { sendWebhook } from './webhook.ts';

export interface Sending {
  readonly message: Message;
  /** The gateway's own address; null: paths only. */
  readonly link: string | null;
  /** Unix milliseconds. */
  readonly now: number;
}

/** What became of it. Texts hold no secret and no address. */
export type Sent =
  | { readonly ok: true; readonly detail: string }
  | {
      readonly ok: false;
      readonly problem: string;
      /** Trying again soon would do the same. */
      readonly isPermanent: boolean;
      /** How long it asks to be left alone; null: it did not say. */
      readonly retryAfterMs: number | null;
    };

/** Never throws. */
export function sendMessage(channel: ChannelConfig, sending: Sending): Promise<Sent> {
  switch (channel.type) {
    case 'webhook':
      return sendWebhook(channel, sending);
    case 'slack':
      return sendSlack(channel, sending);
    case 'smtp':
      return sendMail(channel, sending);
  }
}
