// What calls of other endpoints use instead of tokens: pictures, characters of speech, seconds of sound.
import type { Database } from 'bun:sqlite';

export const name = '003-units';

export function up(sqlite: Database): void {
  sqlite.run('ALTER TABLE requests ADD COLUMN images INTEGER');
  sqlite.run('ALTER TABLE requests ADD COLUMN characters INTEGER');
  sqlite.run('ALTER TABLE requests ADD COLUMN audio_seconds REAL');
}
