/** The databases of payments and inventory: SQLite, which is in Node. */
import { DatabaseSync } from "node:sqlite";

const BUSY_MS = 10_000;

/** Opens a database that several processes may have open. */
export function openDatabase(path: string, schema: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = ${BUSY_MS};`,
  );
  database.exec(schema);
  return database;
}

/** Does all of it or nothing. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (thrown) {
    database.exec("ROLLBACK");
    throw thrown;
  }
}
