// Alerts by mail, as plain text and as simple HTML.
import { scrub } from '../../lib/scrub.ts';
import type { ChannelConfig } from '../alert-settings.ts';
import { footer, headline, type Told, toldOf } from '../told-message.ts';
import type { Sending, Sent } from './send-message.ts';

type Smtp = Extract<ChannelConfig, { readonly type: 'smtp' }>;

const TIMEOUT_MS = 10_000;
/** All steps together; below what a message is claimed for. */
const TOTAL_MS = 40_000;
const MAX_SHOWN = 200;

/** Never throws. */
export async function sendMail(
  channel: Smtp,
  { message, link }: Sending,
  totalMs: number = TOTAL_MS,
): Promise<Sent> {
  const title = headline(message);
  const told = message.notices.map((notice) => toldOf(notice, link));
  const last = footer(message, link);
  const signal = AbortSignal.timeout(totalMs);
  try {
    // Loaded with the first mail.
    const { createTransport } = await import('nodemailer');
    const { accepted, rejected } = await createTransport(optionsOf(channel)).sendMail({
      from: channel.from,
      to: [...channel.to],
      subject: title,
      text: plain(told, last ?? title),
      html: html(title, told, last),
      // The same in every attempt: who gets it twice sees it once.
      messageId: `<${message.id}@switchyard>`,
      date: new Date(message.at),
      headers: { 'Auto-Submitted': 'auto-generated' },
      ...{ disableFileAccess: true, disableUrlAccess: true },
      // A server that says a little every second is idle at no moment.
      signal,
    });
    const refused = rejected.length === 0 ? '' : `, ${rejected.length} refused by the server`;
    return { ok: true, detail: `taken for ${accepted.length}${refused}` };
  } catch (error) {
    if (!signal.aborted) return failureOf(error);
    const problem = `Not taken within ${totalMs / 1000} s.`;
    return { ok: false, problem, isPermanent: false, retryAfterMs: null };
  }
}

function optionsOf(channel: Smtp) {
  const { host, tls = 'starttls', verify = true, user, password } = channel;
  const isTls = tls === 'always';
  return {
    host,
    port: channel.port ?? (isTls ? 465 : 587),
    secure: isTls,
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'off',
    tls: { rejectUnauthorized: verify },
    ...(user === undefined || user === '' ? {} : { auth: { user, pass: password ?? '' } }),
    ...{ connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS },
    // Nobody waits for a server's farewell.
    socketCloseTimeout: 0,
  };
}

/** Codes of the mail server: 4xx passes, 5xx does not. */
function failureOf(error: unknown): Sent {
  const {
    message,
    responseCode = 0,
    code = '',
  } = error as {
    message?: string;
    responseCode?: number;
    code?: string;
  };
  return {
    ok: false,
    problem: scrub(message ?? 'It could not be sent.').slice(0, MAX_SHOWN),
    isPermanent: responseCode >= 500 || code === 'EAUTH' || code === 'EENVELOPE',
    retryAfterMs: null,
  };
}

function plain(told: readonly Told[], last: string): string {
  const parts = told.map(({ heading, facts, todo, links }) =>
    [
      heading,
      ...facts.map(([name, value]) => `  ${name}: ${value}`),
      ...(todo === null ? [] : [`  What to do: ${todo}`]),
      ...links.map((link) => `  ${link}`),
    ].join('\n'),
  );
  return `${[...parts, last].join('\n\n')}\n`;
}

function html(title: string, told: readonly Told[], last: string | null): string {
  const parts = told.map(({ heading, facts, todo, links }) =>
    [
      `<h3>${escaped(heading)}</h3>`,
      '<table cellpadding="2">',
      ...facts.map(
        ([name, value]) => `<tr><td>${escaped(name)}</td><td>${escaped(value)}</td></tr>`,
      ),
      '</table>',
      ...(todo === null ? [] : [`<p><b>What to do:</b> ${escaped(todo)}</p>`]),
      ...links.map(linked),
    ].join('\n'),
  );
  const below = last === null ? '' : `<p>${escaped(last)}</p>`;
  return `<!doctype html><html><body>${told.length === 1 ? '' : `<h2>${escaped(title)}</h2>`}${parts.join('\n')}${below}</body></html>`;
}

function linked(link: string): string {
  const text = escaped(link);
  return link.startsWith('/')
    ? `<p><code>${text}</code></p>`
    : `<p><a href="${text}">${text}</a></p>`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
