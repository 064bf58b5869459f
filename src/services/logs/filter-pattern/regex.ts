/**
 * The regular expressions that filter patterns allow: characters, classes, anchors, alternation and quantifiers, but no
 * groups. They are run by following all states at once, so the time is at most pattern length times text length,
 * whatever a client sends. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
type Predicate = (code: number) => boolean;

interface Atom {
  readonly matches: Predicate;
  /** May be passed over without a character. */
  readonly optional: boolean;
  /** May take any number of characters. */
  readonly repeated: boolean;
}

interface Branch {
  readonly atoms: readonly Atom[];
  readonly anchoredStart: boolean;
  readonly anchoredEnd: boolean;
}

/** Counted quantifiers are written out; more copies than this are refused. */
const MAX_COPIES = 256;

const isDigit: Predicate = (code) => code >= 48 && code <= 57;
const isWord: Predicate = (code) =>
  isDigit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
const isSpace: Predicate = (code) => code === 32 || (code >= 9 && code <= 13);
const not =
  (predicate: Predicate): Predicate =>
  (code) =>
    !predicate(code);
const any: Predicate = () => true;
const classes: Readonly<Record<string, Predicate>> = {
  d: isDigit,
  D: not(isDigit),
  w: isWord,
  W: not(isWord),
  s: isSpace,
  S: not(isSpace),
};

export class RegexSyntaxError extends Error {}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Branch[] {
    const branches = [this.#branch()];
    while (this.#take('|')) branches.push(this.#branch());
    return branches;
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #next(): string {
    const char = this.#text[this.#at];
    if (char === undefined) throw new RegexSyntaxError('unexpected end');
    this.#at += 1;
    return char;
  }

  #branch(): Branch {
    const anchoredStart = this.#take('^');
    const atoms: Atom[] = [];
    let anchoredEnd = false;
    while (this.#at < this.#text.length && this.#text[this.#at] !== '|') {
      if (this.#take('$')) {
        anchoredEnd = true;
        break;
      }
      atoms.push(...this.#quantified(this.#atom()));
    }
    if (this.#at < this.#text.length && this.#text[this.#at] !== '|') throw new RegexSyntaxError('text after $');
    return { atoms, anchoredStart, anchoredEnd };
  }

  #atom(): Predicate {
    const char = this.#next();
    if (char === '.') return any;
    if (char === '[') return this.#set();
    if (char === '\\') return this.#escape();
    if ('*+?{}()]^'.includes(char)) throw new RegexSyntaxError(`${char} is not allowed here`);
    if (char.charCodeAt(0) > 127) throw new RegexSyntaxError('multi-byte characters are not supported');
    if (!/[\w\s:#=@/;,<>'-]/.test(char)) throw new RegexSyntaxError(`${char} is not supported`);
    const code = char.charCodeAt(0);
    return (other) => other === code;
  }

  #escape(): Predicate {
    const char = this.#next();
    const known = classes[char];
    if (known) return known;
    if (/[A-Za-z0-9]/.test(char)) throw new RegexSyntaxError(`\\${char} is not supported`);
    const code = char.charCodeAt(0);
    return (other) => other === code;
  }

  #set(): Predicate {
    const negated = this.#take('^');
    const members: Predicate[] = [];
    for (let first = true; first || this.#text[this.#at] !== ']'; first = false) {
      const start = this.#next();
      if (start === '\\') {
        members.push(this.#escape());
        continue;
      }
      const from = start.charCodeAt(0);
      let to = from;
      if (this.#text[this.#at] === '-' && this.#text[this.#at + 1] !== ']' && this.#at + 1 < this.#text.length) {
        this.#at += 1;
        to = this.#next().charCodeAt(0);
      }
      if (to < from) throw new RegexSyntaxError('a range is the wrong way round');
      members.push((code) => code >= from && code <= to);
    }
    this.#at += 1;
    const within: Predicate = (code) => members.some((member) => member(code));
    return negated ? not(within) : within;
  }

  #quantified(matches: Predicate): Atom[] {
    const one: Atom = { matches, optional: false, repeated: false };
    if (this.#take('*')) return [{ matches, optional: true, repeated: true }];
    if (this.#take('+')) return [{ matches, optional: false, repeated: true }];
    if (this.#take('?')) return [{ matches, optional: true, repeated: false }];
    if (!this.#take('{')) return [one];
    const end = this.#text.indexOf('}', this.#at);
    const bounds = /^(\d+)(,(\d*))?$/.exec(this.#text.slice(this.#at, end < 0 ? undefined : end));
    if (end < 0 || !bounds) throw new RegexSyntaxError('a quantifier is not complete');
    this.#at = end + 1;
    const least = Number(bounds[1]);
    const most = bounds[2] === undefined ? least : bounds[3] === '' ? Number.POSITIVE_INFINITY : Number(bounds[3]);
    const copies = most === Number.POSITIVE_INFINITY ? least + 1 : most;
    if (most < least || copies > MAX_COPIES) throw new RegexSyntaxError('a quantifier is out of range');
    const atoms: Atom[] = Array.from({ length: least }, () => one);
    if (most === Number.POSITIVE_INFINITY) atoms.push({ matches, optional: true, repeated: true });
    else for (let i = least; i < most; i++) atoms.push({ matches, optional: true, repeated: false });
    return atoms;
  }
}

/** Follows a branch over the text: state n means that n atoms are behind. */
function found(branch: Branch, text: string): boolean {
  const { atoms } = branch;
  const goal = atoms.length;
  let current = new Uint8Array(goal + 1);
  let next = new Uint8Array(goal + 1);
  const enter = (states: Uint8Array, from: number): void => {
    for (let state = from; ; state++) {
      states[state] = 1;
      if (state === goal || !atoms[state]!.optional) return;
    }
  };
  enter(current, 0);
  for (let at = 0; at < text.length; at++) {
    if (!branch.anchoredEnd && current[goal]) return true;
    const code = text.charCodeAt(at);
    next.fill(0);
    for (let state = 0; state < goal; state++) {
      if (!current[state] || !atoms[state]!.matches(code)) continue;
      enter(next, state + 1);
      if (atoms[state]!.repeated) next[state] = 1;
    }
    if (!branch.anchoredStart) enter(next, 0);
    [current, next] = [next, current];
  }
  return current[goal] === 1;
}

/** A test whether the expression is found in a text; RegexSyntaxError when it is not one that AWS supports. */
export function compileRegex(source: string): (text: string) => boolean {
  const branches = new Parser(source).parse();
  return (text) => branches.some((branch) => found(branch, text));
}
