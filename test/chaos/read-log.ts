// All rows of a gateway's log, by its public face.
import type { LogRow } from '../../src/core/log-row.ts';

const PAGE = 1000;

export async function readLog(url: string, key: string): Promise<readonly LogRow[]> {
  const rows: LogRow[] = [];
  let cursor: string | null = null;
  do {
    const from: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const response = await fetch(`${url}/router/v1/logs?limit=${PAGE}${from}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    if (!response.ok) throw new Error(await response.text());
    const page = (await response.json()) as {
      readonly logs: readonly LogRow[];
      readonly next_cursor: string | null;
    };
    rows.push(...page.logs);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return rows;
}
