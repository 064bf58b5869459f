/** Splits a cluster query into tokens. Words are bare runs; quotes make a literal of anything. */
export interface Token {
  readonly kind: 'word' | 'string' | 'symbol';
  readonly text: string;
  readonly at: number;
}

/** A query that is not one; `message` says where and why. */
export class QuerySyntaxError extends Error {}

const symbols = ['&&', '||', '==', '!=', '>=', '<=', '=~', '!~', '(', ')', '[', ']', ',', '>', '<', '!'];
const wordEnd = /[\s()[\],'"=!<>&|~]/;

export class Lexer {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  #skipSpace(): void {
    while (this.#at < this.#text.length && /\s/.test(this.#text[this.#at]!)) this.#at += 1;
  }

  #quoted(quote: string): Token {
    const start = this.#at;
    const end = this.#text.indexOf(quote, start + 1);
    if (end < 0) throw new QuerySyntaxError(`unterminated string at position ${start}`);
    this.#at = end + 1;
    return { kind: 'string', text: this.#text.slice(start + 1, end), at: start };
  }

  /** The next token, or undefined at the end. */
  next(): Token | undefined {
    this.#skipSpace();
    const at = this.#at;
    const first = this.#text[at];
    if (first === undefined) return undefined;
    if (first === "'" || first === '"') return this.#quoted(first);
    const symbol = symbols.find((candidate) => this.#text.startsWith(candidate, at));
    if (symbol) {
      this.#at += symbol.length;
      return { kind: 'symbol', text: symbol, at };
    }
    if (wordEnd.test(first)) throw new QuerySyntaxError(`unexpected "${first}" at position ${at}`);
    while (this.#at < this.#text.length && !wordEnd.test(this.#text[this.#at]!)) this.#at += 1;
    return { kind: 'word', text: this.#text.slice(at, this.#at), at };
  }

  /** The next token without taking it. */
  peek(): Token | undefined {
    const at = this.#at;
    const token = this.next();
    this.#at = at;
    return token;
  }

  /** The bare argument of a pattern match: up to the next space or the parenthesis that closes the enclosing one. */
  pattern(): Token | undefined {
    this.#skipSpace();
    const at = this.#at;
    const first = this.#text[at];
    if (first === undefined) return undefined;
    if (first === "'" || first === '"') return this.#quoted(first);
    let depth = 0;
    for (; this.#at < this.#text.length; this.#at += 1) {
      const character = this.#text[this.#at]!;
      if (/\s/.test(character)) break;
      if (character === '(') depth += 1;
      if (character === ')' && --depth < 0) break;
    }
    return { kind: 'word', text: this.#text.slice(at, this.#at), at };
  }
}
