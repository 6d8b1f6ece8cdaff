// What is noted of an answer's events, whose it is, and how ids that are not drawn by chance are told apart.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exampleCandidate } from '../../test/contracts/example-candidate.ts';
import type { ChatEvent } from '../core/event.ts';
import type { Candidate } from '../core/plan.ts';
import type { PastCall } from '../core/thoughts.ts';
import { keptLimits } from '../state/kept-limits.ts';
import { KeptStore } from '../state/kept-store.ts';
import { type Thinker, ThoughtMemory } from './thought-memory.ts';

let dir: string;
let kept: KeptStore;
const limits = keptLimits();
const DRAWN = 'call_Ab3dE6gH9';

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-thoughts-'));
  kept = new KeptStore({ dataDir: dir, limits: () => limits, log: () => undefined });
});
afterEach(async () => {
  await kept.close();
  rmSync(dir, { recursive: true, force: true });
});

const mindOf = ({ configured, model }: Candidate) => ({ provider: configured.provider.id, model });
const candidate = mindOf(exampleCandidate());

function memory(thinker: Partial<Thinker> = {}): ThoughtMemory {
  const whole = { tenant: 't', user: null, opening: () => 'Hello', ...thinker };
  return new ThoughtMemory(kept, whole, () => candidate);
}

const call = (id: string, text = '{"city":"Rome"}'): PastCall => ({
  id,
  name: 'weather',
  arguments: text,
});

/** The kind of block, then its text or id, then its signature or arguments. */
type Spec = readonly [kind: string, ...rest: string[]];

function events(blocks: readonly Spec[]): ChatEvent[] {
  const made: ChatEvent[] = [{ type: 'start', id: null, model: null, created: null }];
  blocks.forEach(([kind, ...values], index) => {
    const [first = '', second = ''] = values;
    const delta = (of: Extract<ChatEvent, { type: 'block-delta' }>['delta']) =>
      made.push({ type: 'block-delta', index, delta: of });
    const start = (block: Extract<ChatEvent, { type: 'block-start' }>['block']) =>
      made.push({ type: 'block-start', index, block });
    if (kind === 'thought') {
      start({ kind: 'reasoning', format: 'f' });
      for (const char of first) delta({ kind: 'reasoning', text: char });
      if (second !== '') delta({ kind: 'signature', signature: second });
    } else if (kind === 'redacted') start({ kind: 'redacted-reasoning', data: first, format: 'f' });
    else if (kind === 'text') {
      start({ kind: 'text' });
      delta({ kind: 'text', text: first });
    } else {
      start({ kind: 'tool-use', id: first, name: 'weather' });
      delta({ kind: 'arguments', json: second });
    }
    made.push({ type: 'block-end', index });
  });
  return made;
}

function observe(into: ThoughtMemory, ...blocks: readonly Spec[]): void {
  for (const event of events(blocks)) into.observe(event);
}

const parts = async (from: ThoughtMemory, past: PastCall) => (await from.recall([past])).get(past);

describe('noting', () => {
  test('thoughts are of whoever thought them, though another went on and called', async () => {
    let now = candidate;
    const noting = new ThoughtMemory(
      kept,
      { tenant: 't', user: null, opening: () => 'Hello' },
      () => now,
    );
    const all = events([
      ['thought', 'one', 's1'],
      ['call', DRAWN, '{"city":"Rome"}'],
    ]);
    const calls = all.findIndex(
      (event) => event.type === 'block-start' && event.block.kind === 'tool-use',
    );
    for (const event of all.slice(0, calls)) noting.observe(event);
    now = mindOf(exampleCandidate({ id: 'another' }));
    for (const event of all.slice(calls)) noting.observe(event);
    expect(await parts(noting, call(DRAWN))).toMatchObject({ provider: 'p', model: 'm' });
  });

  test('each call gets what came before it, in order, with where the text stood', async () => {
    observe(
      memory(),
      ['thought', 'one', 's1'],
      ['redacted', 'data'],
      ['text', 'Let me see.'],
      ['thought', 'two'],
      ['call', `${DRAWN}1`, '{}'],
      ['call', `${DRAWN}2`, '{}'],
      ['thought', 'three', 's3'],
      ['call', `${DRAWN}3`, '{}'],
    );
    expect(await parts(memory(), call(`${DRAWN}1`))).toEqual({
      provider: 'p',
      model: 'm',
      thoughts: [
        {
          part: { type: 'reasoning', text: 'one', signature: 's1', format: 'f' },
          afterText: false,
        },
        { part: { type: 'redacted-reasoning', data: 'data', format: 'f' }, afterText: false },
        { part: { type: 'reasoning', text: 'two', format: 'f' }, afterText: true },
      ],
    });
    expect(await parts(memory(), call(`${DRAWN}2`))).toBeUndefined();
    expect((await parts(memory(), call(`${DRAWN}3`)))?.thoughts).toHaveLength(1);
  });

  test('what another attempt thought, and gave no call to, is forgotten', async () => {
    const into = memory();
    observe(into, ['thought', 'lost', 's']);
    observe(into, ['call', DRAWN, '{}']);
    expect(await parts(memory(), call(DRAWN))).toBeUndefined();
  });

  test('what nobody thought about is known to be nothing, without a look into the database', () => {
    kept.put('t', 'reasoning', 'something', {});
    observe(memory(), ['call', DRAWN, '{}']);
    expect(memory().recall([call(DRAWN)])).toEqual(new Map());
  });
});

describe('ids', () => {
  test('drawn ones belong to a key and a user, whatever the conversation looks like', async () => {
    observe(memory(), ['thought', 'x'], ['call', DRAWN, '{"city":"Rome"}']);
    expect(await parts(memory({ opening: () => 'Changed' }), call(DRAWN, '{}'))).toBeDefined();
    expect(await parts(memory({ tenant: 'other' }), call(DRAWN))).toBeUndefined();
    expect(await parts(memory({ user: 'ann' }), call(DRAWN))).toBeUndefined();
  });

  for (const id of [
    'call_0',
    'functions.weather:0',
    '0',
    'weather',
    'call_weather_report',
    'call_00000012',
  ]) {
    test(`counted ones (${id}) belong to a conversation and to what was called too`, async () => {
      observe(memory(), ['thought', 'x'], ['call', id, '{"city":"Rome"}']);
      expect(await parts(memory(), call(id))).toBeDefined();
      // As clients print it that parse what they got.
      expect(await parts(memory(), call(id, '{ "city": "Rome" }'))).toBeDefined();
      expect(await parts(memory(), call(id, '{"city":"Oslo"}'))).toBeUndefined();
      expect(await parts(memory({ opening: () => 'Other' }), call(id))).toBeUndefined();
    });
  }

  test('calls without one are not kept', async () => {
    observe(memory(), ['thought', 'x'], ['call', '', '{}']);
    expect(await parts(memory(), call(''))).toBeUndefined();
  });
});
