/**
 * `[ip, user, ..., status = 4* && status != 404, bytes > 1000]` over the fields of an event: words between spaces, where
 * text in double quotes or square brackets is one field. `...` takes any number of fields.
 */
import { type Lexer, PatternSyntaxError } from './lexer.ts';
import { compareValue, type Operator } from './value-match.ts';

type FieldTest = ((value: string) => boolean) | 'any number';

export function splitFields(message: string): string[] {
  const fields: string[] = [];
  const pattern = /"([^"]*)"|\[([^\]]*)\]|(\S+)/g;
  for (const match of message.matchAll(pattern)) fields.push(match[1] ?? match[2] ?? match[3]!);
  return fields;
}

const word = /[^\s,\]&|"%=<>!]+/;

function comparison(lexer: Lexer, operator: Operator): (value: string) => boolean {
  const operand = lexer.operand(word);
  return (value) => compareValue(value, operator, operand);
}

function field(lexer: Lexer): FieldTest {
  if (lexer.take('...')) return 'any number';
  const name = lexer.match(/[A-Za-z0-9_@$.-]+/);
  if (name === undefined) throw new PatternSyntaxError(`a field name is expected at ${lexer.at}`);
  const first = lexer.operator();
  if (!first) return () => true;
  const options: ((value: string) => boolean)[][] = [[comparison(lexer, first)]];
  for (;;) {
    const and = lexer.take('&&');
    if (!and && !lexer.take('||')) break;
    // The field's name may be repeated or left out.
    if (lexer.match(/[A-Za-z_@$][A-Za-z0-9_@$.-]*(?=\s*(!=|<=|>=|=|<|>))/) === undefined) lexer.skipSpace();
    const operator = lexer.operator();
    if (!operator) throw new PatternSyntaxError(`an operator is expected at ${lexer.at}`);
    const test = comparison(lexer, operator);
    if (and) options.at(-1)!.push(test);
    else options.push([test]);
  }
  return (value) => options.some((all) => all.every((test) => test(value)));
}

function matches(tests: readonly FieldTest[], fields: readonly string[]): boolean {
  const ellipsis = tests.indexOf('any number');
  const test = (index: number, value: string) => (tests[index] as (value: string) => boolean)(value);
  if (ellipsis < 0) return tests.length === fields.length && fields.every((value, index) => test(index, value));
  const behind = tests.length - ellipsis - 1;
  if (fields.length < ellipsis + behind) return false;
  for (let i = 0; i < ellipsis; i++) if (!test(i, fields[i]!)) return false;
  for (let i = 1; i <= behind; i++) if (!test(tests.length - i, fields[fields.length - i]!)) return false;
  return true;
}

export function parseFieldsPattern(lexer: Lexer): (message: string) => boolean {
  lexer.expect('[');
  const tests: FieldTest[] = [];
  do tests.push(field(lexer));
  while (lexer.take(','));
  lexer.expect(']');
  if (!lexer.ended) throw new PatternSyntaxError('text after ]');
  if (tests.filter((test) => test === 'any number').length > 1) throw new PatternSyntaxError('more than one ...');
  return (message) => matches(tests, splitFields(message));
}
