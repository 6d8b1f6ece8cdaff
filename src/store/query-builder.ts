// Typed queries that only compile to SQL and parameters; whoever holds a connection runs them. Another engine needs
// another compiler here and no other change to the queries.
//
// Loading kysely takes about 40 ms and 15 MB, so only the log's read worker does; the few fixed statements of the
// other tables are written out where they are used.
import {
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Tables } from './tables.ts';

export const build = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});
