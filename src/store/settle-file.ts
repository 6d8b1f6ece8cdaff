// settleFile: what was committed to a database survives a power cut from now on.
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * With synchronous NORMAL a commit is in the write-ahead log and the system's cache; the log is read again after a power cut as
 * far as it is on the disk (sqlite.org/wal.html). What a checkpoint has moved to the database itself it has written through.
 * No lock of SQLite's is on the log's file, so opening and closing it lets none go. The wait is no thread's.
 */
export async function settleFile(database: string): Promise<void> {
  await synced(`${database}-wal`);
  await synced(dirname(database));
}

async function synced(path: string): Promise<void> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, 'r');
  } catch (error) {
    // Checkpointed whole by whoever closed it last.
    if ((error as { code?: unknown }).code === 'ENOENT') return;
    throw error;
  }
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
