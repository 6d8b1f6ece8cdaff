// What of a provider's error message is kept: nothing the request said.
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { GatewayError } from '../core/errors.ts';
import { sampleExchange } from '../ledger/sample-exchange.ts';
import { QUOTED, withoutPieces } from './quoted-pieces.ts';
import { withoutPut, withoutQuotes } from './without-quotes.ts';

const withoutRuns = (message: string, texts: readonly string[]) =>
  withoutPieces(
    message,
    texts.map((text) => ({ text, whole: false })),
  );

const PROMPT = 'Our merger with the Contoso company is planned for Tuesday, tell nobody of it.';

test('what stands in the request is blotted out, wherever it stands in either', () => {
  const message = (part: string) => `Invalid content "${part}" at messages[0]`;
  for (let from = 0; from + 24 <= PROMPT.length; from++) {
    const told = withoutRuns(message(PROMPT.slice(from, from + 24)), [PROMPT]);
    expect(told.replace('" [', '"[').replace('] "', ']"')).toBe(message(QUOTED));
  }
  expect(withoutRuns(`${PROMPT.slice(0, 30)} / ${PROMPT.slice(40)}`, ['x', PROMPT])).toBe(
    `${QUOTED} / ${QUOTED}`,
  );
});

test('of a provider’s error nothing is told that a router put to the request', () => {
  const error = new GatewayError('upstream_error', `Too long: "${PROMPT}"`, { param: PROMPT });
  const told = withoutPut(error, [PROMPT]);
  expect([told.code, told.message, told.details.param]).toEqual([
    'upstream_error',
    `Too long: "${QUOTED}"`,
    QUOTED,
  ]);
  expect(withoutPut(error, ['Other words that are in none of its messages.'])).toBe(error);
});

test('shorter runs, and what the request does not say, stay', () => {
  for (const message of [PROMPT.slice(3, 26), 'The model is overloaded, come back later.', ''])
    expect(withoutRuns(message, [PROMPT])).toBe(message);
});

test('no run of the request is left in any message', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: 80 });
  fc.assert(
    fc.property(letters, letters, letters, (before, text, after) => {
      const told = withoutRuns(before + text + after, [text]);
      for (const part of told.split(QUOTED))
        for (let from = 0; from + 24 <= part.length; from++)
          expect(text.includes(part.slice(from, from + 24))).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test('a long request costs milliseconds, whatever is in it', () => {
  const text = 'A sentence of the request that says nothing much, number '.repeat(40_000);
  const message = 'No word of this message stands in what was asked of the provider. '.repeat(30);
  const rules = '------------='.repeat(150);
  const began = performance.now();
  expect(withoutRuns(message, [text])).toBe(message);
  expect(withoutRuns('a'.repeat(2000), ['a'.repeat(1_000_000)])).toBe(QUOTED);
  expect(withoutRuns(rules, ['------------+'.repeat(100_000)])).not.toContain('+');
  expect(performance.now() - began).toBeLessThan(2000);
});

test('what repeats itself is blotted out to its end', () => {
  expect(withoutRuns(`!${'a'.repeat(81)}!`, ['a'.repeat(40)])).toBe(`!${QUOTED}!`);
});

const LINES = 'Patient: Ann Smith\nPIN 4711\nDiag: HIV pos.\nPasswd: hunter2';
const asked = (content: string) => ({
  model: 'acme/large-model-of-the-year-2026',
  messages: [{ role: 'user', content }],
  tools: [{ type: 'function', function: { name: 'look_up_a_patient', parameters: {} } }],
});
const toldOf = (message: string, content: string) =>
  withoutQuotes(sampleExchange({ errorMessage: message }), asked(content)).errorMessage ?? '';

test('of a quoted request no line is told, however it is escaped, spaced or cut', () => {
  const once = JSON.stringify(asked(LINES));
  const twice = JSON.stringify({ error: { message: `got ${once}` } });
  const messages = [
    ...[LINES, once, twice, JSON.stringify(twice), once.replaceAll(' ', '\\u0020')],
    ...[LINES.replaceAll('\n', ' '), LINES.replaceAll('\n', ' | '), LINES.replaceAll('\n', '<br>')],
    ...[LINES.replaceAll('\n', '\r\n   '), JSON.stringify(LINES.split('\n'))],
    LINES.split('\n')
      .map((line, nth) => `line ${nth}: ${JSON.stringify(line)}`)
      .join('\n'),
  ];
  for (const quotation of messages) {
    const told = toldOf(`Cannot read the body ${quotation} as asked`, LINES);
    for (const word of ['Ann', 'Smith', '4711', 'HIV', 'hunter2']) expect(told).not.toContain(word);
    expect(told).toStartWith('Cannot read the body ');
    expect(told).toEndWith(' as asked');
  }
  expect(toldOf(once, LINES)).toContain('acme/large-model-of-the-year-2026');
});

test('a short text goes where it is quoted whole, and stays in the midst of a word', () => {
  expect(toldOf('Refused: "PIN 4711".', 'PIN 4711')).toBe(`Refused: "${QUOTED}".`);
  expect(toldOf('{\\"content\\":\\"PIN\\n4711\\"}', 'PIN\n4711')).not.toContain('4711');
  for (const message of ['Refused: PIN 47112', 'PIN', 'Tool look_up_a_patient has no parameters'])
    expect(toldOf(message, 'PIN 4711')).toBe(message);
});

test('what providers say themselves stays, beside a request of many pages', async () => {
  const pages = await Promise.all(
    ['README.md', 'ARCHITECTURE.md'].map((name) =>
      Bun.file(`${import.meta.dir}/../../${name}`).text(),
    ),
  );
  const files = [...new Bun.Glob('*/errors.ts').scanSync(`${import.meta.dir}/../../sim`)];
  let count = 0;
  for (const file of files) {
    const source = await Bun.file(`${import.meta.dir}/../../sim/${file}`).text();
    for (const [, message = ''] of source.matchAll(/["'`]([A-Z][^"`\n]+ [^"`\n]+)["'`],?$/gm)) {
      expect(toldOf(message, pages.join('\n'))).toBe(message);
      count += 1;
    }
  }
  expect(count).toBeGreaterThan(20);
});

test('no text is left of one that is quoted whole, in any form', () => {
  const unit = fc.constantFrom(...('abcdefghij0123 \n\t"\\/\'é日😀{}:,'.match(/./gsu) ?? []));
  const hex = (text: string) =>
    text.replace(/[^a-z0-9\\]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const forms: readonly ((text: string) => string)[] = [
    (text) => text,
    (text) => JSON.stringify(text),
    (text) => JSON.stringify(JSON.stringify(text)),
    (text) => JSON.stringify(text).replaceAll('/', '\\/'),
    (text) => text.replace(/\s+/g, ' '),
    hex,
  ];
  const bare = (text: string) => text.replace(/[\s\\]/g, '');
  fc.assert(
    fc.property(
      fc.string({ unit, minLength: 30, maxLength: 120 }).map((inside) => `x${inside}x`),
      fc.constantFrom(...forms),
      (text, form) => {
        fc.pre(bare(text).length >= 26);
        const told = withoutRuns(`Bad input: ${form(text)} (request)`, [text]);
        expect(bare(told.replaceAll(QUOTED, ''))).toMatch(/^Badinput:["']{0,4}\(request\)$/);
      },
    ),
    { numRuns: 500 },
  );
});
