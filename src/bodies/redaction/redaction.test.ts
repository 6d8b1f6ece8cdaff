// Redaction: what each rule finds and leaves, and that nothing it finds is left in any JSON or stream, which stay what they are.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Json } from '../../lib/json.ts';
import { BUILT_IN } from './built-in-rules.ts';
import { dropPath, redactJson } from './redact-json.ts';
import { redactStream } from './redact-stream.ts';
import { compileRedaction, ruleProblems } from './redaction.ts';

const redact = (rules: readonly string[], text: string) =>
  compileRedaction(rules).text(text, new Set());

const FOUND: { readonly [rule: string]: readonly (readonly [text: string, redacted: string])[] } = {
  email: [
    ['to jo.doe+x@mail.example.co.uk.', 'to [email].'],
    ['<a@b.de>,c@d.org', '<[email]>,[email]'],
    ['jürgen@müller.de', '[email]'],
  ],
  phone: [
    ['call +49 30 901820 now', 'call [phone] now'],
    ['(030) 901-8204', '[phone]'],
    ['+1-202-555-0143', '[phone]'],
  ],
  credit_card: [
    ['4111 1111 1111 1111', '[credit_card]'],
    ['card 5555-5555-5555-4444!', 'card [credit_card]!'],
    ['378282246310005', '[credit_card]'],
    ['number 1 4111 1111 1111 1111 12/30', 'number 1 [credit_card] 12/30'],
  ],
  iban: [
    ['DE89 3704 0044 0532 0130 00', '[iban]'],
    ['IBAN GB82WEST12345698765432.', 'IBAN [iban].'],
  ],
  ssn: [['his is 123-45-6789', 'his is [ssn]']],
  ipv4: [['from 10.0.255.1:80', 'from [ipv4]:80']],
  api_keys: [
    ['key sk-proj-abc123DEF456ghi789', 'key [api_key]'],
    ['AKIAIOSFODNN7EXAMPLE', '[api_key]'],
    ['Authorization: Bearer abcdef0123456789', 'Authorization: [api_key]'],
    [`sy-${'a1'.repeat(21)}x`, '[api_key]'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefgh', '[api_key]'],
    ['-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----', '[api_key]'],
  ],
  base64: [
    [
      `data:image/png;base64,${'iVB0'.repeat(70)}==`,
      'data:image/png;base64,[base64: 282 characters]',
    ],
  ],
};

const LEFT: { readonly [rule: string]: readonly string[] } = {
  email: ['@ home', 'a@b', '@user', 'x @ y.de'],
  phone: ['2026-11-22', '1795393429', '192.168.0.1', 'version 1.2.3'],
  credit_card: ['4111 1111 1111 1112', '1795393429123', '12 34'],
  iban: ['DE89 3704 0044 0532 0130 01', 'AB12CDEF'],
  ssn: ['000-12-3456', '123-45-67890', '2123-45-6789'],
  ipv4: ['1.2.3', '256.1.1.1', '1.2.3.4.5'],
  api_keys: ['a sk-learn-model', 'bearer of bad news', 'task-12'],
  base64: ['a'.repeat(400), 'word '.repeat(100)],
};

describe('a built-in rule', () => {
  test('finds these', () => {
    expect(Object.keys(FOUND).sort()).toEqual(Object.keys(BUILT_IN).sort());
    for (const [rule, cases] of Object.entries(FOUND))
      for (const [text, redacted] of cases)
        expect([rule, redact([rule], text)]).toEqual([rule, redacted]);
  });

  test('leaves these', () => {
    for (const [rule, texts] of Object.entries(LEFT))
      for (const text of texts) expect([rule, redact([rule], text)]).toEqual([rule, text]);
  });

  test('is quick on whatever text', () => {
    const rules = Object.keys(BUILT_IN);
    for (const unit of [
      'a',
      '1',
      '1 ',
      'a@',
      'sk-',
      'sk-a.',
      'A1b',
      '1.',
      'eyJaaaaaaaaaa.',
      'DE89 ',
      'bearer ',
      '-----BEGIN PRIVATE KEY-----',
    ]) {
      const text = unit.repeat(Math.ceil(1_000_000 / unit.length));
      const startedMs = performance.now();
      redact(rules, text);
      expect([unit, performance.now() - startedMs < 3000]).toEqual([unit, true]);
    }
  }, 40_000);
});

describe('a rule of the operator’s', () => {
  test('is a pattern of RE2', () => {
    expect(redact(['ACME-\\d+', '(?i:secret plan)'], 'ACME-12 and a Secret Plan')).toBe(
      '[redacted] and a [redacted]',
    );
  });

  test('that is none is told by its index', () => {
    expect(ruleProblems(['email', 'emails', 'a+', '(', 'x*'])).toEqual([
      { index: 1, message: expect.stringContaining('email') },
      { index: 3, message: expect.stringContaining('neither a built-in rule nor a pattern') },
      { index: 4, message: expect.stringContaining('matches where nothing is') },
    ]);
  });
});

const RULES = ['email', 'credit_card', 'ACME-\\d+', 'api_keys'];
const SECRETS = ['jo@example.com', '4111 1111 1111 1111', 'ACME-77', 'sk-proj-abc123DEF456ghi789'];
const withSecret = fc
  .tuple(fc.string(), fc.constantFrom(...SECRETS), fc.string())
  .map(([before, secret, after]) => `${before} ${secret} ${after}`);
const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string(),
    withSecret,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value')),
    fc.dictionary(fc.oneof(fc.string(), withSecret), tie('value')),
  ),
})).value;

describe('in JSON', () => {
  test('nothing that matches is left, and redacting again changes nothing', () => {
    const redaction = compileRedaction(RULES);
    fc.assert(
      fc.property(json, (value) => {
        const redacted = redactJson(value, redaction, [], new Set());
        const text = JSON.stringify(redacted);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(redacted)));
        for (const secret of SECRETS) expect(text).not.toContain(secret);
        expect(redactJson(redacted, redaction, [], new Set())).toEqual(redacted);
      }),
      { numRuns: 300 },
    );
  });

  test('what stands at a path goes whole', () => {
    const drops = ['user', '$.messages[*].content', 'metadata.email', 'list[1]'].map(
      (text) => dropPath(text) ?? [],
    );
    const named = new Set<string>();
    const value = {
      user: 'u',
      messages: [{ role: 'user', content: 'x' }, { role: 'tool' }],
      metadata: { email: 1, team: 2 },
      list: [1, 2, 3],
    };
    expect(redactJson(value, compileRedaction([]), drops, named)).toEqual({
      messages: [{ role: 'user' }, { role: 'tool' }],
      metadata: { team: 2 },
      list: [1, 3],
    });
    expect([...named]).toEqual(['drop']);
    expect(['', '$', 'a..b', 'a[b'].map(dropPath)).toEqual([null, null, null, null]);
  });
});

describe('in a stream', () => {
  const chunk = (content: string, index = 0) => ({ choices: [{ index, delta: { content } }] });
  const sent = (frames: readonly unknown[]) =>
    `${frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join('')}data: [DONE]\n\n`;
  const read = (stream: string) =>
    [...stream.matchAll(/^data: (\{.*)$/gm)].map(([, data = '']) => JSON.parse(data));

  test('a secret in pieces, cut anywhere, is found; the text around it stays', () => {
    const whole = 'Mail jo@example.com, card 4111 1111 1111 1111 of ACME-77.';
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 20 }), (cuts) => {
        const at = [0, ...cuts.sort((one, other) => one - other), whole.length];
        const pieces = at.slice(1).map((end, index) => whole.slice(at[index], end));
        const stream = redactStream(
          sent(pieces.map((piece) => chunk(piece))),
          compileRedaction(RULES),
          [],
          new Set(),
        );
        const frames = read(stream);
        expect(frames).toHaveLength(pieces.length);
        const text = frames.map((frame) => frame.choices[0].delta.content).join('');
        expect(text).toBe('Mail [email], card [credit_card] of [redacted].');
        expect(stream.endsWith('data: [DONE]\n\n')).toBe(true);
      }),
    );
  });

  test('texts that come in turns are told apart: choices, tool calls, blocks', () => {
    const call = (index: number, text: string) => ({
      choices: [{ index: 0, delta: { tool_calls: [{ index, function: { arguments: text } }] } }],
    });
    const block = (index: number, text: string) => ({
      type: 'content_block_delta',
      index,
      delta: { type: 'input_json_delta', partial_json: text },
    });
    const part = (item_id: string, delta: string) => ({
      type: 'response.output_text.delta',
      item_id,
      delta,
    });
    const frames = [
      ...[chunk('jo@exa', 0), chunk('mo@exa', 1), chunk('mple.com', 0), chunk('mple.org', 1)],
      ...[call(0, '{"to":"jo@exa'), call(1, '{"to":"x'), call(0, 'mple.com"}'), call(1, '"}')],
      ...[block(1, '{"a":"ACME-'), block(2, '1'), block(1, '77"}')],
      ...[part('i1', 'sk-proj-abc123'), part('i2', 'free'), part('i1', 'DEF456ghi789')],
    ];
    const redacted = redactStream(sent(frames), compileRedaction(RULES), [], new Set());
    expect(read(redacted)).toEqual([
      ...[chunk('[email]', 0), chunk('[email]', 1), chunk('', 0), chunk('', 1)],
      ...[call(0, '{"to":"[email]'), call(1, '{"to":"x'), call(0, '"}'), call(1, '"}')],
      ...[block(1, '{"a":"[redacted]'), block(2, '1'), block(1, '"}')],
      ...[part('i1', '[api_key]'), part('i2', 'free'), part('i1', '')],
    ]);
  });

  test('without anything to redact it is as it was, event names too', () => {
    const stream = 'event: ping\ndata: {"type":"ping"}\n\ndata: {"a":1}\n\n';
    expect(redactStream(stream, compileRedaction(RULES), [], new Set())).toBe(stream);
  });
});

test('a known secret goes whatever the rules are', () => {
  const redaction = compileRedaction([], ['my-provider-secret', 'short']);
  const named = new Set<string>();
  expect(redaction.text('a my-provider-secret, short', named)).toBe('a [api_key], short');
  expect([...named]).toEqual(['api_keys']);
  const own = `sy-${'A-b_9'.repeat(8)}xyz`;
  expect(redact([], `key=${own}.`)).toBe('key=[api_key].');
});
