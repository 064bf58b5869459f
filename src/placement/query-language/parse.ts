/**
 * The Cluster Query Language, by which memberOf constraints and ListContainerInstances' filter choose instances:
 *
 *   expression := term { ("||" | "or") term }
 *   term       := factor { ("&&" | "and") factor }
 *   factor     := ("!" | "not") factor | "(" expression ")" | subject operator [argument]
 *
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-query-language.html
 */
import type { Comparison, Expression, Operator, Subject } from './expression.ts';
import { Lexer, QuerySyntaxError } from './lexer.ts';

/** Longer queries are refused, as AWS does; the parser's recursion is bounded by it. */
const maxLength = 2000;

const named: Readonly<Record<string, Operator>> = {
  '==': '==',
  equals: '==',
  '!=': '!=',
  not_equals: '!=',
  '>': '>',
  greater_than: '>',
  '>=': '>=',
  greater_than_equal: '>=',
  '<': '<',
  less_than: '<',
  '<=': '<=',
  less_than_equal: '<=',
  exists: 'exists',
  not_exists: '!exists',
  in: 'in',
  not_in: '!in',
  '=~': '=~',
  matches: '=~',
  '!~': '!~',
  not_matches: '!~',
};

const equality: readonly Operator[] = ['==', '!='];
const ordering: readonly Operator[] = [...equality, '>', '>=', '<', '<='];
const membership: readonly Operator[] = [...equality, 'in', '!in', '=~', '!~'];
const allowed: Readonly<Record<Subject['name'], readonly Operator[]>> = {
  agentConnected: membership,
  agentVersion: ordering,
  ec2InstanceId: membership,
  registeredAt: ordering,
  runningTasksCount: ordering,
  'task:group': [...membership, 'exists', '!exists'],
  attribute: [...ordering, ...membership, 'exists', '!exists'],
};

const datePattern = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(:\d\d)?(Z|[+-]\d\d:\d\d)?)?$/;

/** The span of time that a date argument names: a whole day, minute or second. Without a zone it is UTC. */
function parsePeriod(text: string): { fromMs: number; untilMs: number } {
  const match = datePattern.exec(text);
  const [, day, minute, second, zone] = match ?? [];
  const fromMs = match ? Date.parse(`${day}T${minute ?? '00:00'}${second ?? ':00'}${zone ?? 'Z'}`) : Number.NaN;
  if (Number.isNaN(fromMs)) throw new QuerySyntaxError(`"${text}" is not a date`);
  const length = minute === undefined ? 86_400_000 : second === undefined ? 60_000 : 1000;
  return { fromMs, untilMs: fromMs + length };
}

/** A repeated group that repeats inside: such a pattern can take exponential time, so it is refused. */
const nestedRepeat = /\([^)]*[+*}][^)]*\)[+*{]/;

function compilePattern(text: string): RegExp {
  if (nestedRepeat.test(text)) throw new QuerySyntaxError(`pattern "${text}" repeats a repetition`);
  try {
    return new RegExp(`^(?:${text})$`);
  } catch (error) {
    throw new QuerySyntaxError(`"${text}" is not a valid pattern`, { cause: error });
  }
}

function parseSubject(text: string): Subject {
  if (text.startsWith('attribute:') && text.length > 'attribute:'.length) {
    return { name: 'attribute', attribute: text.slice('attribute:'.length) };
  }
  switch (text) {
    case 'agentConnected':
    case 'agentVersion':
    case 'ec2InstanceId':
    case 'registeredAt':
    case 'runningTasksCount':
    case 'task:group':
      return { name: text };
    default:
      throw new QuerySyntaxError(`unknown subject "${text}"`);
  }
}

class Parser {
  readonly #lexer: Lexer;

  constructor(text: string) {
    this.#lexer = new Lexer(text);
  }

  #takeIf(...texts: readonly string[]): boolean {
    const token = this.#lexer.peek();
    if (!token || token.kind === 'string' || !texts.includes(token.text)) return false;
    this.#lexer.next();
    return true;
  }

  #expect(text: string): void {
    if (!this.#takeIf(text)) throw new QuerySyntaxError(`expected "${text}" but found ${this.#found()}`);
  }

  #found(): string {
    const token = this.#lexer.peek();
    return token ? `"${token.text}" at position ${token.at}` : 'the end';
  }

  whole(): Expression {
    const expression = this.#expression();
    if (this.#lexer.peek()) throw new QuerySyntaxError(`unexpected ${this.#found()}`);
    return expression;
  }

  #expression(): Expression {
    let left = this.#term();
    while (this.#takeIf('||', 'or')) left = { kind: 'or', left, right: this.#term() };
    return left;
  }

  #term(): Expression {
    let left = this.#factor();
    while (this.#takeIf('&&', 'and')) left = { kind: 'and', left, right: this.#factor() };
    return left;
  }

  #factor(): Expression {
    if (this.#takeIf('!', 'not')) return { kind: 'not', operand: this.#factor() };
    if (this.#takeIf('(')) {
      const inner = this.#expression();
      this.#expect(')');
      return inner;
    }
    return this.#comparison();
  }

  #operator(): Operator {
    if (this.#takeIf('!')) {
      if (this.#takeIf('in')) return '!in';
      if (this.#takeIf('exists')) return '!exists';
      throw new QuerySyntaxError(`expected an operator but found "!" before ${this.#found()}`);
    }
    const token = this.#lexer.peek();
    const operator =
      token && token.kind !== 'string' && Object.hasOwn(named, token.text) ? named[token.text] : undefined;
    if (!operator) throw new QuerySyntaxError(`expected an operator but found ${this.#found()}`);
    this.#lexer.next();
    return operator;
  }

  #comparison(): Comparison {
    const token = this.#lexer.peek();
    if (token?.kind !== 'word') throw new QuerySyntaxError(`expected a subject but found ${this.#found()}`);
    this.#lexer.next();
    const subject = parseSubject(token.text);
    const operator = this.#operator();
    if (!allowed[subject.name].includes(operator)) {
      throw new QuerySyntaxError(`operator "${operator}" is not valid for "${token.text}"`);
    }
    const made = { kind: 'comparison', subject, operator } as const;
    switch (operator) {
      case 'exists':
      case '!exists':
        return { ...made, values: [] };
      case 'in':
      case '!in':
        return { ...made, values: this.#list() };
      case '=~':
      case '!~': {
        const text = this.#lexer.pattern()?.text;
        if (!text) throw new QuerySyntaxError(`expected a pattern but found ${this.#found()}`);
        return { ...made, values: [text], pattern: compilePattern(text) };
      }
      default: {
        const text = this.#literal();
        if (subject.name === 'registeredAt') return { ...made, values: [text], period: parsePeriod(text) };
        if (subject.name === 'runningTasksCount' && !/^\d+$/.test(text)) {
          throw new QuerySyntaxError(`"${text}" is not a number`);
        }
        return { ...made, values: [text] };
      }
    }
  }

  #literal(): string {
    const token = this.#lexer.peek();
    if (!token || token.kind === 'symbol') throw new QuerySyntaxError(`expected a value but found ${this.#found()}`);
    this.#lexer.next();
    return token.text;
  }

  #list(): string[] {
    this.#expect('[');
    const values = [this.#literal()];
    while (this.#takeIf(',')) values.push(this.#literal());
    this.#expect(']');
    return values;
  }
}

/** Throws QuerySyntaxError. */
export function parseQuery(text: string): Expression {
  if (text.length > maxLength) throw new QuerySyntaxError(`a query has at most ${maxLength} characters`);
  return new Parser(text).whole();
}
