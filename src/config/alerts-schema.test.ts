// What is wrong with a configuration of alerts is said with its line and the remedy, and never with a secret.
import { expect, test } from 'bun:test';
import { parseConfig } from './load.ts';

function problems(yaml: string): readonly string[] {
  const loaded = parseConfig(yaml, {}, new Set());
  return loaded.ok
    ? []
    : loaded.problems.map(({ line, message }) => `${line}: ${message.slice(0, 200)}`);
}

const channel = (fields: string) => problems(`alerts:\n  channels:\n    ops: { ${fields} }`);

test('channels', () => {
  expect(channel('type: slack, url: "https://hooks.example/x"')).toEqual([]);
  expect(channel('type: slack, url: ""')).toEqual([]);
  expect(channel('type: slack, url: "hooks.example"')).toEqual([
    '3: alerts.channels.ops.url: must be an http:// or https:// URL',
  ]);
  expect(channel('type: webhook, url: "http://h/x", secret: "a-secret-word"')).toEqual([
    '3: alerts.channels.ops.secret: must be whsec_ and 24 to 64 bytes in base64, or 24 to 64 bytes of text',
  ]);
  expect(channel('type: webhook, url: "http://h/x", secret: "whsec_c2hvcnQ="')).toHaveLength(1);
  expect(channel('type: smtp, host: h, from: me@example.com, to: ["no address"]')).toEqual([
    '3: alerts.channels.ops.to[0]: must be an e-mail address such as ops@example.com',
  ]);
  expect(channel('type: slack, url: "http://h/x", rules: [runaways]')).toHaveLength(1);
  expect(channel('type: slack, url: "http://h/x", colour: red')[0]).toContain('colour');
  expect(channel('type: pager, url: "http://h/x"')[0]).toContain('alerts.channels.ops');
});

test('quiet periods and rules', () => {
  expect(problems('alerts: { quiet: [{ from: "22:00", to: "25:00" }] }')).toEqual([
    '1: alerts.quiet[0].to: must be a time such as "22:00"',
  ]);
  expect(
    problems('alerts: { quiet: [{ from: "22:00", to: "07:00", timezone: Europe/Berlim }] }'),
  ).toEqual(['1: alerts.quiet[0].timezone: must be a time zone such as Europe/Berlin']);
  expect(problems('alerts: { rules: { runaway: { factr: 3 } } }')[0]).toContain('"factor"');
  expect(problems('alerts: { rules: { runaway: { ignore: [ann] } } }')).toEqual([
    '1: alerts.rules.runaway.ignore[0]: must be key:ID, user:NAME or session:ID',
  ]);
  expect(problems('alerts: { rules: { disk: { min_free: 2GB, min_percent: 5 } } }')).toEqual([]);
});
