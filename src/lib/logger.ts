/**
 * One JSON document per line on standard error, or readable lines on a terminal. Fields are data: values of secrets
 * never go in, only names and ARNs. Errors are written with their cause chain.
 */
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to every line. */
  with(fields: LogFields): Logger;
}

export interface LogSink {
  write(line: string): void;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly sink: LogSink;
  readonly now: () => number;
  readonly format?: 'json' | 'text';
  readonly fields?: LogFields;
}

function describeError(error: Error): Record<string, unknown> {
  const out: Record<string, unknown> = { name: error.name, message: error.message, stack: error.stack };
  if (error.cause instanceof Error) out['cause'] = describeError(error.cause);
  else if (error.cause !== undefined) out['cause'] = String(error.cause);
  return out;
}

const replacer = (_key: string, value: unknown) => (value instanceof Error ? describeError(value) : value);

export function createLogger(options: LoggerOptions): Logger {
  const threshold = logLevels.indexOf(options.level);
  const base = options.fields ?? {};
  const write = (level: Exclude<LogLevel, 'silent'>, message: string, fields: LogFields = {}) => {
    if (logLevels.indexOf(level) < threshold) return;
    const time = new Date(options.now()).toISOString();
    const all = { ...base, ...fields };
    const line =
      options.format === 'text'
        ? `${time} ${level.padEnd(5)} ${message}${Object.keys(all).length ? ` ${JSON.stringify(all, replacer)}` : ''}`
        : JSON.stringify({ time, level, message, ...all }, replacer);
    options.sink.write(`${line}\n`);
  };
  return {
    debug: (message, fields) => write('debug', message, fields),
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
    with: (fields) => createLogger({ ...options, fields: { ...base, ...fields } }),
  };
}

export const silentLogger: Logger = createLogger({ level: 'silent', sink: { write: () => {} }, now: () => 0 });
