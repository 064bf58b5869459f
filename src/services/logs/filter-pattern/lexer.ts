/** Reads the pieces that JSON and space-delimited patterns share: words, quoted text, regular expressions, symbols. */
import { compileRegex, RegexSyntaxError } from './regex.ts';
import { type Operand, type Operator, textOperand } from './value-match.ts';

export class PatternSyntaxError extends Error {}

export class Lexer {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  skipSpace(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at += 1;
  }

  get ended(): boolean {
    this.skipSpace();
    return this.at >= this.text.length;
  }

  peek(symbol: string): boolean {
    this.skipSpace();
    return this.text.startsWith(symbol, this.at);
  }

  take(symbol: string): boolean {
    if (!this.peek(symbol)) return false;
    this.at += symbol.length;
    return true;
  }

  expect(symbol: string): void {
    if (!this.take(symbol)) throw new PatternSyntaxError(`${symbol} expected at ${this.at}`);
  }

  /** A whole word, case as given. */
  takeWord(word: string): boolean {
    this.skipSpace();
    const rest = this.text.slice(this.at);
    if (!rest.startsWith(word) || /^[\w]/.test(rest.slice(word.length))) return false;
    this.at += word.length;
    return true;
  }

  match(expression: RegExp): string | undefined {
    this.skipSpace();
    const sticky = new RegExp(expression.source, 'y');
    sticky.lastIndex = this.at;
    const found = sticky.exec(this.text);
    if (!found || found[0] === '') return undefined;
    this.at += found[0].length;
    return found[0];
  }

  /** The text between double quotes, with \" and \\ resolved. */
  quoted(): string {
    this.expect('"');
    let out = '';
    for (;;) {
      const char = this.text[this.at++];
      if (char === undefined) throw new PatternSyntaxError('a quoted text does not end');
      if (char === '"') return out;
      const next = this.text[this.at];
      if (char === '\\' && (next === '"' || next === '\\')) {
        out += next;
        this.at += 1;
      } else {
        out += char;
      }
    }
  }

  regex(): (text: string) => boolean {
    this.expect('%');
    let end = this.at;
    while (end < this.text.length && this.text[end] !== '%') end += this.text[end] === '\\' ? 2 : 1;
    if (end >= this.text.length) throw new PatternSyntaxError('a regular expression does not end');
    const source = this.text.slice(this.at, end);
    this.at = end + 1;
    try {
      return compileRegex(source);
    } catch (error) {
      if (error instanceof RegexSyntaxError) throw new PatternSyntaxError(error.message);
      throw error;
    }
  }

  operator(): Operator | undefined {
    for (const operator of ['!=', '<=', '>=', '=', '<', '>'] as const) if (this.take(operator)) return operator;
    return undefined;
  }

  operand(word: RegExp): Operand {
    if (this.peek('"')) return textOperand(this.quoted(), true);
    if (this.peek('%')) return { kind: 'regex', test: this.regex() };
    const text = this.match(word);
    if (text === undefined) throw new PatternSyntaxError(`a value is expected at ${this.at}`);
    return textOperand(text, false);
  }
}
