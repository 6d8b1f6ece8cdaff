// Opens the log's tables on the engine they are on.
import type { OpenLogStore } from '../log-store.ts';

export const openLogStore: OpenLogStore = async (place, { write }) => {
  if (place.engine === 'sqlite') {
    const { SqliteLogStore } = await import('./sqlite-log-store.ts');
    return new SqliteLogStore(place.dataDir, { write });
  }
  const { openPostgresLogStore } = await import('./postgres-log-store.ts');
  return openPostgresLogStore(place.url, { write });
};
