import type { Clock, Timer } from '#lib/clock.ts';

/**
 * The main process of a simulated container: the little of a shell that tests need, on the clock's time. Knows `sleep
 * N`, `echo text`, `echo text >&2`, `exit N`, `true`, `false`, `trap "exit N" TERM` and `while :; do sleep N; done`
 * (for ever), joined by `;`. Like a container's first process it takes no notice of SIGTERM unless it traps it.
 */
export interface ProcessHandlers {
  readonly onOutput: (stream: 'stdout' | 'stderr', line: string) => void;
  readonly onExit: (exitCode: number) => void;
}

const signals: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** The shell script that a command line amounts to. */
function toScript(command: readonly string[]): string {
  const [program = 'true', flag, script] = command;
  if (/(^|\/)sh$/.test(program) && flag === '-c') return script ?? '';
  return command.join(' ');
}

const statementPattern = /while\s*:\s*;\s*do\s.*?;\s*done|(?:[^;"']|"[^"]*"|'[^']*')+/g;

export class SimulatedProcess {
  readonly #clock: Clock;
  readonly #handlers: ProcessHandlers;
  readonly #statements: string[];
  #timer: Timer | undefined;
  #onTerm: number | undefined;
  #last = 0;
  #ended = false;

  constructor(command: readonly string[], clock: Clock, handlers: ProcessHandlers) {
    this.#clock = clock;
    this.#handlers = handlers;
    this.#statements = (toScript(command).match(statementPattern) ?? []).map((text) => text.trim()).filter(Boolean);
  }

  start(): void {
    // Never before the caller knows that it has started.
    this.#timer = this.#clock.after(0, () => this.#next());
  }

  /** Answers whether the signal ended it. */
  signal(name: string): boolean {
    if (this.#ended) return true;
    const number = signals[name.startsWith('SIG') ? name : `SIG${name}`] ?? 15;
    if (number === 9) this.#exit(137);
    else if (number === 15 && this.#onTerm !== undefined) this.#exit(this.#onTerm);
    return this.#ended;
  }

  /** The machine under it is gone. */
  vanish(): void {
    this.#ended = true;
    this.#timer?.cancel();
  }

  #exit(code: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timer?.cancel();
    this.#handlers.onExit(code);
  }

  #next(): void {
    for (let statement = this.#statements.shift(); statement !== undefined; statement = this.#statements.shift()) {
      const [word = '', ...rest] = statement.split(/\s+/);
      switch (word) {
        case 'while':
          return;
        case 'sleep':
          this.#timer = this.#clock.after(Number(rest[0]) * 1000, () => this.#next());
          return;
        case 'exit':
          this.#exit(Number(rest[0] ?? this.#last));
          return;
        case 'echo':
          this.#echo(statement.slice('echo'.length).trim());
          break;
        case 'trap':
          this.#onTerm = Number(/exit (\d+)/.exec(statement)?.[1] ?? 0);
          break;
        default:
          this.#last = word === 'true' ? 0 : word === 'false' ? 1 : 127;
      }
    }
    this.#exit(this.#last);
  }

  #echo(text: string): void {
    const toError = text.endsWith('>&2');
    const words = (toError ? text.slice(0, -3) : text).trim().replace(/^(["'])(.*)\1$/, '$2');
    this.#handlers.onOutput(toError ? 'stderr' : 'stdout', words);
    this.#last = 0;
  }
}
