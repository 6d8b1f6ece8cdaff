// What the configuration says of alerts: which rules look for what, who is told, and when nobody wants to be.
import { z } from 'zod';
import { RULES, SEVERITIES } from '../core/alert.ts';
import { duration, lifetime } from '../core/options.ts';
import { signingSecret } from './signing-secret.ts';
import { size } from './size.ts';

const severity = z.enum(SEVERITIES);

/** An empty one is a variable that is not set: the channel is shown as not ready, and everything else starts. */
const url = z.string().regex(/^(https?:\/\/\S+)?$/, 'must be an http:// or https:// URL');

const which = {
  enabled: z.boolean().optional().describe('false: it is told nothing (default true)'),
  rules: z.array(z.enum(RULES)).min(1).optional().describe('only of these rules (default all)'),
  severities: z
    .array(severity)
    .min(1)
    .optional()
    .describe('only of these severities: info, warning, critical (default all)'),
};

const webhook = z.strictObject({
  type: z.literal('webhook'),
  url: url.describe('where JSON is sent, signed as Standard Webhooks say'),
  secret: signingSecret
    .optional()
    .describe(
      'whsec_ and 24 to 64 bytes in base64, or so many bytes of text; without it nothing is signed',
    ),
  ...which,
});

const slack = z.strictObject({
  type: z.literal('slack'),
  url: url.describe("of an incoming webhook; Slack's, or of what takes the same"),
  ...which,
});

const address = z
  .string()
  .regex(/^[^\s@<>,;]+@[^\s@<>,;]+$/, 'must be an e-mail address such as ops@example.com');

const smtp = z.strictObject({
  type: z.literal('smtp'),
  host: z.string().describe('the mail server'),
  port: z.int().min(1).max(65535).optional().describe('(default 465 with tls: always, else 587)'),
  tls: z
    .enum(['always', 'starttls', 'off'])
    .optional()
    .describe('always: from the first byte; starttls: asked for, or nothing is sent (default)'),
  verify: z
    .boolean()
    .optional()
    .describe("false: the server's certificate is not checked (default true)"),
  user: z.string().optional().describe('where the server wants to know who sends'),
  password: z.string().optional().describe('best named from the environment'),
  from: address.describe('the sender'),
  to: z.array(address).min(1).max(50).describe('who gets it'),
  ...which,
});

const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;
const time = z.string().regex(TIME, 'must be a time such as "22:00"');

const quiet = z.strictObject({
  days: z
    .array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']))
    .min(1)
    .optional()
    .describe('on which it begins (default every day)'),
  from: time.describe('when it begins, such as "22:00"'),
  to: time.describe('when it ends; before from: on the next day; the same: a whole day'),
  timezone: z
    .string()
    .refine(isTimeZone, 'must be a time zone such as Europe/Berlin')
    .optional()
    .describe('(default UTC)'),
  except: z.array(severity).optional().describe('what is told all the same: [critical]'),
});

const rule = {
  enabled: z.boolean().optional().describe('false: nobody looks (default true)'),
  severity: severity.optional().describe('in place of its own'),
};
const positive = z.number().positive();
const factor = (usual: string) =>
  z
    .number()
    .min(1.1)
    .max(1000)
    .optional()
    .describe(`so many times what is usual (default ${usual})`);

const rules = z
  .strictObject({
    budget: z
      .strictObject({
        ...rule,
        at: z
          .array(positive.max(1000))
          .min(1)
          .max(10)
          .optional()
          .describe('percent of a budget, each told once a period (default [50, 80, 100])'),
      })
      .optional(),
    spend_spike: z
      .strictObject({
        ...rule,
        factor: factor('3'),
        min_usd: positive.optional().describe('less in an hour is never one (default 5)'),
      })
      .optional(),
    error_spike: z
      .strictObject({
        ...rule,
        factor: factor('3'),
        min_errors: z
          .int()
          .positive()
          .optional()
          .describe('fewer in an hour are none (default 20)'),
        min_percent: positive
          .max(100)
          .optional()
          .describe('of the requests; a lower rate is none (default 5)'),
      })
      .optional(),
    runaway: z
      .strictObject({
        ...rule,
        factor: factor('15'),
        min_usd: positive.optional().describe('less in five minutes is never one (default 2)'),
        min_requests: z
          .int()
          .positive()
          .optional()
          .describe('fewer in five minutes are none (default 300)'),
        ignore: z
          .array(
            z.string().regex(/^(key|user|session):./, 'must be key:ID, user:NAME or session:ID'),
          )
          .optional()
          .describe('who may: [user:nightly-batch]'),
      })
      .optional(),
    unpriced: z.strictObject(rule).optional(),
    circuit_open: z
      .strictObject({
        ...rule,
        after: duration.optional().describe('how long a target has to be ill (default at once)'),
      })
      .optional(),
    export_stuck: z
      .strictObject({
        ...rule,
        after: duration.optional().describe('how late an export may be (default 15m)'),
      })
      .optional(),
    disk: z
      .strictObject({
        ...rule,
        min_percent: positive.max(99).optional().describe('free (default 10)'),
        min_free: size.optional().describe('(default 1GB)'),
      })
      .optional(),
    log: z
      .strictObject({
        ...rule,
        after: duration.optional().describe('how long the database may be away (default 1m)'),
      })
      .optional(),
    limits_store: z.strictObject(rule).optional(),
    vault: z.strictObject(rule).optional(),
  })
  .describe('What is looked for. Each is on, and has its own thresholds.');

export const alerts = z
  .strictObject({
    enabled: z.boolean().optional().describe('false: nothing is looked for (default true)'),
    channels: z
      .record(
        z
          .string()
          .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'must be lower-case letters, digits, - or _'),
        z.discriminatedUnion('type', [webhook, slack, smtp]),
      )
      .optional()
      .describe('who is told'),
    rules: rules.optional(),
    quiet: z.array(quiet).max(20).optional().describe('when messages wait for a summary'),
    repeat_every: lifetime
      .optional()
      .describe('a reminder of what nobody has acknowledged (default 4h)'),
    group_every: duration
      .optional()
      .describe('a channel gets one message in this time, of all there is (default 30s)'),
    keep: lifetime.optional().describe('the history (default 90d)'),
    link: url
      .optional()
      .describe("this gateway's own address as people reach it, for links in messages"),
  })
  .describe('Who hears of runaway prompts, budgets, failures, and how.');

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
