// switchyard audit: who changed what, all of it as a file, and whether anything was changed or taken away since.
import type { Database } from 'bun:sqlite';
import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { defineCommand } from 'citty';
import { parseAuditQuery } from '../admin/audit-query.ts';
import { readShownAudit, shownAudit } from '../admin/shown-audit.ts';
import { GatewayError } from '../core/errors.ts';
import { ChainCheck, type Verdict } from '../store/audit-chain.ts';
import { openStore } from '../store/open-store.ts';
import { auditPage, verifyAudit } from '../store/read-audit.ts';
import { auditCommand } from './acting.ts';
import { auditLine } from './audit-line.ts';
import { printable, printableJson } from './printable.ts';
import { exitWith, needsData, settingsArgs, settingsOrExit } from './settings.ts';

const text = (description: string) => ({ type: 'string', description }) as const;

const FILTERS = {
  from: text('at or after this time, such as 2026-11-22T10:00 or 24h (ago)'),
  to: text('before this time'),
  actor: text('only of this key (its id or its name), or this user of the system'),
  action: text('only this, such as router.patch, or key.* for all that is done with keys'),
  target: text('only of what has this id'),
} as const;

const EXPORT_PAGE = 500;
/** Scripts have to tell a broken trail from one that could not be read. */
const BROKEN = 1;
const FAILED = 2;

const list = defineCommand({
  meta: { name: 'list', description: 'List the last changes, newest first.' },
  args: {
    ...settingsArgs,
    ...FILTERS,
    limit: text('how many (default 20)'),
    json: { type: 'boolean', description: 'one JSON object a line, with before and after' },
  },
  run: ({ args }) =>
    withTrail(args, (sqlite) => {
      const { from, to, actor, action, target, limit = '20' } = args;
      const query = parseAuditQuery({ from, to, actor, action, target, limit }, Date.now());
      const { entries } = auditPage(sqlite, query.filter, query.limit, null);
      for (const entry of entries.map(shownAudit))
        process.stdout.write(`${args.json ? printableJson(entry) : auditLine(printable(entry))}\n`);
      if (entries.length === 0) process.stderr.write('No such changes yet.\n');
    }),
});

const exported = defineCommand({
  meta: {
    name: 'export',
    description: 'Print all changes as NDJSON, oldest first; that is written down too.',
  },
  args: { ...settingsArgs, ...FILTERS },
  async run({ args }) {
    const { dataDir } = await settingsOrExit(args);
    const { from, to, actor, action, target } = args;
    const asked = { from, to, actor, action, target };
    await orExit(async () => {
      const { filter } = parseAuditQuery(asked, Date.now());
      await auditCommand(dataDir, {
        action: 'audit.export',
        target: 'audit',
        before: null,
        after: JSON.parse(JSON.stringify(asked)),
      });
      await withTrail(args, (sqlite) => {
        let behind: number | null = null;
        do {
          const page = auditPage(sqlite, filter, EXPORT_PAGE, behind, 'oldest-first');
          for (const entry of page.entries)
            process.stdout.write(`${printableJson(shownAudit(entry))}\n`);
          behind = page.next;
        } while (behind !== null);
      });
    });
  },
});

const verify = defineCommand({
  meta: {
    name: 'verify',
    description: 'Check that nothing was changed or taken away; names the first broken entry.',
  },
  args: {
    ...settingsArgs,
    file: {
      type: 'positional',
      description: 'an exported file instead of the data folder',
      required: false,
    },
    head: text('the newest entry of an earlier check, ID:HASH: it has to be there still'),
  },
  async run({ args }) {
    const expected = headOf(args.head);
    if (args.file !== undefined) {
      tell(await verifyFile(args.file, expected));
      return;
    }
    await withTrail(args, (sqlite) => tell(verifyAudit(sqlite, expected)), FAILED);
  },
});

export const audit = defineCommand({
  meta: { name: 'audit', description: 'Show, export and verify who changed what.' },
  subCommands: { list, export: exported, verify },
});

function tell(verdict: Verdict): void {
  if (!verdict.ok)
    exitWith([`entry ${verdict.id} is the first that is broken: ${verdict.problem}`], BROKEN);
  const head = verdict.head === null ? '' : `; head ${verdict.head.id}:${verdict.head.hash}`;
  process.stdout.write(`ok: ${verdict.entries} entries${head}\n`);
}

function headOf(text: string | undefined): { readonly id: number; readonly hash: string } | null {
  if (text === undefined) return null;
  const [, id = '', hash = ''] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (hash === '') exitWith(['--head must be ID:HASH, as an earlier check printed it.'], FAILED);
  return { id: Number(id), hash };
}

/** The lines of an unfiltered export. */
async function verifyFile(
  path: string,
  head: { readonly id: number; readonly hash: string } | null,
): Promise<Verdict> {
  if (!existsSync(path)) exitWith([`There is no file ${path}.`], FAILED);
  const check = new ChainCheck(head);
  let line = 0;
  for await (const words of createInterface({ input: createReadStream(path) })) {
    line += 1;
    const entry = readShownAudit(words);
    if (entry === null) exitWith([`${path}:${line} is no entry of an audit trail.`], FAILED);
    if (!check.next(entry)) break;
  }
  return check.verdict();
}

type Given = Parameters<typeof settingsOrExit>[0];

function withTrail(args: Given, work: (sqlite: Database) => void, status = 1): Promise<void> {
  return orExit(async () => {
    const settings = await settingsOrExit(args, status);
    needsData(args, settings, status);
    const store = openStore({ dataDir: settings.dataDir });
    try {
      work(store.sqlite);
    } finally {
      store.close();
    }
  }, status);
}

async function orExit(work: () => Promise<void>, status = 1): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    if (thrown instanceof GatewayError) exitWith([thrown.message], status);
    throw thrown;
  }
}
