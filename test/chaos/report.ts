// What the cases came to, as one table: a row a fault, a column for each caller and form.
import { rowOf } from './fault-rows.ts';
import { FAULTS, type Fault } from './faults.ts';
import type { Ran } from './run-case.ts';
import { CALLERS } from './run-chaos.ts';

const SHORT = {
  'openai-chat': 'Chat',
  'openai-responses': 'Responses',
  'anthropic-messages': 'Messages',
};

/** Markdown. */
function tableOf(ran: readonly Ran[]): string {
  const columns = [
    ...CALLERS.flatMap(({ dialect }) => [
      {
        title: `${SHORT[dialect]}, streamed`,
        has: ({ one }: Ran) => one.caller.dialect === dialect && one.stream && one.rescuer !== null,
      },
      {
        title: 'whole',
        has: ({ one }: Ran) =>
          one.caller.dialect === dialect && !one.stream && one.rescuer !== null,
      },
    ]),
    { title: 'nobody else', has: ({ one }: Ran) => one.rescuer === null },
  ];
  const labels = [...new Set(FAULTS.map(labelOf))];
  const rows = labels.map((label) => {
    const here = ran.filter(({ one }) => labelOf(one.fault) === label);
    const cells = columns.map(({ has }) => cellOf(here.filter(has)));
    return `| ${[label, ...cells].join(' | ')} |`;
  });
  return [
    `| what goes wrong | ${columns.map(({ title }) => title).join(' | ')} |`,
    `|---|${columns.map(() => '---|').join('')}`,
    ...rows,
  ].join('\n');
}

function labelOf({ name, fatal, unseen }: Fault): string {
  const row = rowOf(name);
  if (fatal !== undefined) return `${row} *`;
  return unseen === undefined ? row : `${row} †`;
}

function cellOf(ran: readonly Ran[]): string {
  if (ran.length === 0) return '';
  const bad = ran.filter(({ problems }) => problems.length > 0);
  if (bad.length === 0) return `✓ ${ran.length}`;
  const [worst] = countOf(bad);
  return `✗ ${bad.length}/${ran.length}: ${worst?.[0].replaceAll('|', '/') ?? ''}`;
}

/** First problems, the most frequent first. */
function countOf(bad: readonly Ran[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const { problems } of bad) {
    const [first = ''] = problems;
    counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]);
}

/** One line a kind of failure, for who has to mend it. */
export function failuresOf(ran: readonly Ran[]): readonly string[] {
  const kinds = new Map<string, { count: number; example: Ran }>();
  for (const one of ran) {
    for (const problem of one.problems) {
      const kind = `${one.one.fault.name}: ${problem}`;
      const known = kinds.get(kind);
      if (known) known.count += 1;
      else kinds.set(kind, { count: 1, example: one });
    }
  }
  return [...kinds].map(([kind, { count, example }]) => {
    const { caller, stream, failing, rescuer } = example.one;
    return `${kind} (${count}×; ${caller.dialect} ${stream ? 'streamed' : 'whole'}, ${failing} → ${rescuer ?? 'nobody'})`;
  });
}

/** The page: what was measured, the table, and what cannot be survived. */
export function pageOf(ran: readonly Ran[]): string {
  const good = ran.filter(({ problems }) => problems.length === 0).length;
  const notes = FAULTS.flatMap(({ name, fatal, unseen }) => {
    if (fatal !== undefined) return [`- \\* **${name}** is told to the caller: ${fatal}.`];
    return unseen === undefined ? [] : [`- † **${name}** is shown as it came: ${unseen}.`];
  });
  return `# Resilience

What becomes of a request when its provider fails, for every wire a caller speaks, streamed or not. Written by \`npm run chaos\`, which plays every fault at all six wires of providers, and lets the same wire and others take over: ${good} of ${ran.length} cases came out as they should.

**✓ n**: in n cases the official SDK got the whole answer to the letter, with one start, one end, one id and indices in a row; each provider was asked once and the loser's connection closed; the log has one row whose attempts add up to the usage and cost of the reply. **nobody else**: there was no other candidate, and the caller was told in its own dialect: an HTTP error before the first content, an error event (and never \`[DONE]\`) after it.

${tableOf(ran)}

${notes.join('\n')}
`;
}
