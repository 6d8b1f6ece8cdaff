// The request log. Ids are UUIDv7, which sort by time, so the primary key alone serves newest-first lists, time ranges
// and cursors; kept in key order (WITHOUT ROWID), a row costs one append at the right edge and no second index.
import type { Database } from 'bun:sqlite';

export const name = '002-requests';

// What is filtered and summed comes first: SQLite reads a row from its left and long texts spill at its right.
export function up(sqlite: Database): void {
  sqlite.run(`CREATE TABLE requests (
    id TEXT NOT NULL PRIMARY KEY,
    at INTEGER,
    outcome TEXT,
    status INTEGER,
    model TEXT,
    provider TEXT,
    key_id TEXT,
    user_id TEXT,
    requested_model TEXT,
    router_id TEXT,
    route_id TEXT,
    variant_id TEXT,
    cache TEXT,
    simulated INTEGER,
    stream INTEGER,
    endpoint TEXT,
    dialect TEXT,
    error_code TEXT,
    finish_reason TEXT,
    input_tokens INTEGER,
    cache_read_tokens INTEGER,
    cache_write_5m_tokens INTEGER,
    cache_write_1h_tokens INTEGER,
    output_tokens INTEGER,
    reasoning_tokens INTEGER,
    audio_in_tokens INTEGER,
    audio_out_tokens INTEGER,
    searches INTEGER,
    usage_estimated INTEGER,
    cost_nano INTEGER,
    ttft_ms REAL,
    total_ms REAL,
    error_message TEXT,
    reasoning TEXT,
    losses TEXT,
    metadata TEXT,
    attempts TEXT
  ) WITHOUT ROWID`);
}
