// Alerts by mail, at a real mail server: TLS, passwords, several recipients, refusals.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { type MailReceiver, startMailReceiver } from './alert-receivers.ts';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.ts';

const NOW = Date.parse('2026-11-10T10:20:00Z');

let alpha: Sim;
let mail: MailReceiver;
let gateway: GatewayUnderTest;
let now: number;

beforeEach(() => {
  alpha = startSim({ seed: 1 });
  now = NOW;
});
afterEach(async () => {
  await gateway.stop();
  await mail.stop();
  await alpha.stop();
});

async function start(settings: string): Promise<void> {
  gateway = await startGateway(
    `
providers:
  alpha: { dialect: openai-chat, base_url: "${alpha.url}", api_key: alpha-secret }
alerts:
  channels:
    post: { type: smtp, host: 127.0.0.1, port: ${mail.port}, from: switchyard@example.com, to: [ops@example.com, cfo@example.com], ${settings} }
`,
    { MAIL_PASSWORD: 'mail-secret' },
    { now: () => now, disk: async () => null },
  );
}

async function cause(): Promise<void> {
  await gateway.post('/v1/chat/completions', {
    model: 'alpha/<b>unknown</b>',
    messages: [{ role: 'user', content: 'a prompt that nobody else must read' }],
  });
  now += 5000;
  await gateway.gateway.alerts.look();
}

async function tested(): Promise<JsonObject> {
  const response = await gateway.post('/router/v1/alerts/channels/post:test', '');
  return (await response.json()) as JsonObject;
}

test('goes over STARTTLS, with the password, to everybody, in words and in HTML that nobody can write into', async () => {
  mail = await startMailReceiver();
  await start(`user: gateway, password: "\${MAIL_PASSWORD}", verify: false`);
  await cause();
  expect(mail.mails).toMatchObject([
    {
      ...{ from: 'switchyard@example.com', to: ['ops@example.com', 'cfo@example.com'] },
      ...{ secure: true, user: 'gateway' },
    },
  ]);
  const text = (mail.mails[0]?.text ?? '').replaceAll('=\r\n', '');
  expect(text).toContain('Subject: Switchyard: [warning] No price is known for');
  expect(text).toContain('Auto-Submitted: auto-generated');
  expect(text).toContain('What to do: Give it a price under models:');
  expect(text).toContain('<h3>[warning] No price is known for alpha/&lt;b&gt;unknown&lt;/b&gt;');
  expect(text).not.toContain('nobody else must read');
  expect(JSON.stringify(gateway.gateway.alerts.channels())).not.toContain('mail-secret');
}, 20_000);

test('a server that says "later" is asked later, and gets the same message once', async () => {
  mail = await startMailReceiver();
  await start('verify: false');
  mail.refusals.push(450, 450);
  await cause();
  expect(mail.mails).toEqual([]);
  expect(gateway.gateway.alerts.channels()).toMatchObject([
    { messages: [{ state: 'waiting', attempts: 1, problem: expect.stringContaining('not now') }] },
  ]);
  now += 6000;
  await gateway.gateway.alerts.look();
  expect(mail.mails).toHaveLength(1);
  now += 3_600_000;
  await gateway.gateway.alerts.look();
  expect(mail.mails).toHaveLength(1);
}, 20_000);

test('who refuses one of several recipients has taken it for the others', async () => {
  mail = await startMailReceiver();
  await start('verify: false');
  mail.refusals.push(550);
  expect(await tested()).toMatchObject({
    delivered: true,
    detail: 'taken for 1, 1 refused by the server',
  });
  expect(mail.mails[0]?.to).toEqual(['cfo@example.com']);
}, 20_000);

test('a wrong password, a certificate of nobody and a server without TLS are told as what they are', async () => {
  mail = await startMailReceiver();
  await start('user: gateway, password: wrong, verify: false');
  expect(await tested()).toMatchObject({
    delivered: false,
    detail: expect.stringContaining('535'),
  });
  await gateway.stop();
  await start(`user: gateway, password: "\${MAIL_PASSWORD}"`);
  expect(await tested()).toMatchObject({
    delivered: false,
    detail: expect.stringMatching(/certificate|self.signed/i),
  });
  await gateway.stop();
  await mail.stop();
  mail = await startMailReceiver({ disabledCommands: ['STARTTLS'] });
  await start('verify: false');
  expect(await tested()).toMatchObject({ delivered: false });
  expect(mail.mails).toEqual([]);
  await gateway.stop();
  await start('tls: off');
  expect(await tested()).toMatchObject({ delivered: true });
  expect(mail.mails).toMatchObject([{ secure: false }]);
}, 30_000);

test('goes over TLS from the first byte where it is said so', async () => {
  mail = await startMailReceiver({ secure: true });
  await start('tls: always, verify: false');
  expect(await tested()).toMatchObject({ delivered: true });
  expect(mail.mails).toMatchObject([{ secure: true }]);
}, 20_000);
