// The program's own log: one line an event on stderr, so that stdout keeps to what a person or script asked for.

export type LogLevel = 'info' | 'warn' | 'error';

/** Writes one line. Fields must never hold secrets or prompt text. */
export type Log = (
  level: LogLevel,
  message: string,
  fields?: { readonly [name: string]: unknown },
) => void;

export const stderrLog: Log = (level, message, fields) => {
  const tail = fields === undefined ? '' : ` ${JSON.stringify(fields)}`;
  process.stderr.write(`${new Date().toISOString()} ${level} ${message}${tail}\n`);
};
