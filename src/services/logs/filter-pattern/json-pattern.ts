/**
 * `{ ($.a.b = "x*") && ($.items[*].size > 3) || ($.c NOT EXISTS) }` over an event that is a JSON object or array.
 * && binds tighter than ||.
 */
import { type Lexer, PatternSyntaxError } from './lexer.ts';
import { compareValue } from './value-match.ts';

type Step = string | number | '[*]';
type Test = (event: unknown) => boolean;

const nothing = Symbol('not there');

/** Every value that a selector names; `nothing` alone when there is none. */
function select(value: unknown, steps: readonly Step[], depth = 0): unknown[] {
  if (depth === steps.length) return [value];
  const step = steps[depth]!;
  if (step === '[*]') {
    if (!Array.isArray(value)) return [nothing];
    const found = value.flatMap((item) => select(item, steps, depth + 1)).filter((item) => item !== nothing);
    return found.length > 0 ? found : [nothing];
  }
  if (typeof step === 'number')
    return Array.isArray(value) && step < value.length ? select(value[step], steps, depth + 1) : [nothing];
  if (value === null || typeof value !== 'object' || Array.isArray(value) || !Object.hasOwn(value, step))
    return [nothing];
  return select((value as Record<string, unknown>)[step], steps, depth + 1);
}

function selector(lexer: Lexer): readonly Step[] {
  lexer.expect('$');
  const steps: Step[] = [];
  for (;;) {
    if (lexer.text[lexer.at] === '.') {
      lexer.at += 1;
      const name = lexer.match(/[A-Za-z0-9_@-]+/);
      if (name === undefined) throw new PatternSyntaxError(`a property name is expected at ${lexer.at}`);
      steps.push(name);
    } else if (lexer.text[lexer.at] === '[') {
      lexer.at += 1;
      steps.push(subscript(lexer));
      lexer.expect(']');
    } else {
      return steps;
    }
  }
}

function subscript(lexer: Lexer): Step {
  if (lexer.take('*')) return '[*]';
  if (lexer.peek('"')) return lexer.quoted();
  const quoted = lexer.match(/'[^']*'/);
  if (quoted !== undefined) return quoted.slice(1, -1);
  const index = lexer.match(/\d+/);
  if (index === undefined) throw new PatternSyntaxError(`an array index is expected at ${lexer.at}`);
  return Number(index);
}

function condition(lexer: Lexer): Test {
  const steps = selector(lexer);
  const some = (test: (value: unknown) => boolean) => (event: unknown) => select(event, steps).some(test);
  if (lexer.takeWord('IS')) {
    if (lexer.takeWord('NULL')) return some((value) => value === null);
    if (lexer.takeWord('TRUE')) return some((value) => value === true);
    if (lexer.takeWord('FALSE')) return some((value) => value === false);
    throw new PatternSyntaxError('IS needs NULL, TRUE or FALSE');
  }
  if (lexer.takeWord('NOT')) {
    if (!lexer.takeWord('EXISTS')) throw new PatternSyntaxError('NOT needs EXISTS');
    return (event) => select(event, steps)[0] === nothing;
  }
  if (lexer.takeWord('EXISTS')) return some((value) => value !== nothing);
  const operator = lexer.operator();
  if (!operator) throw new PatternSyntaxError(`an operator is expected at ${lexer.at}`);
  const operand = lexer.operand(/[^\s()&|{}"%]+/);
  return some((value) => {
    if (typeof value === 'boolean') return compareValue(String(value), operator, operand);
    return (typeof value === 'string' || typeof value === 'number') && compareValue(value, operator, operand);
  });
}

/** Nesting that a pattern may have; the whole pattern has at most 1,024 characters. */
const MAX_DEPTH = 50;

function primary(lexer: Lexer, depth: number): Test {
  if (depth > MAX_DEPTH) throw new PatternSyntaxError('too many parentheses');
  if (!lexer.take('(')) return condition(lexer);
  const inner = alternatives(lexer, depth + 1);
  lexer.expect(')');
  return inner;
}

function alternatives(lexer: Lexer, depth: number): Test {
  const options: Test[] = [];
  do {
    const all: Test[] = [];
    do all.push(primary(lexer, depth));
    while (lexer.take('&&'));
    options.push((event) => all.every((test) => test(event)));
  } while (lexer.take('||'));
  return (event) => options.some((test) => test(event));
}

export function parseJsonPattern(lexer: Lexer): (message: string) => boolean {
  lexer.expect('{');
  const test = alternatives(lexer, 0);
  lexer.expect('}');
  if (!lexer.ended) throw new PatternSyntaxError('text after }');
  return (message) => {
    const start = message.trimStart()[0];
    if (start !== '{' && start !== '[') return false;
    let event: unknown;
    try {
      event = JSON.parse(message);
    } catch {
      // An event that is not JSON matches no JSON pattern.
      return false;
    }
    return test(event);
  };
}
