/**
 * The Condition element. Every operator, and every key under it, must hold; of a key's values one must.
 *
 * - A missing key fails an operator, and passes a negated one (`…Not…`), `…IfExists` and `ForAllValues:`.
 * - Values of a negated operator are all refused: the key must equal none of them.
 * - `ForAllValues:` asks every value of the request, `ForAnyValue:` at least one; without either, a key with several
 *   values passes when one of them does (none, for a negated operator).
 * - Variables stand for something only in operators on strings and ARNs.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
import { type ContextValue, isPresent, type RequestContext } from './context.ts';
import * as values from './values.ts';
import { matchesTemplate, resolveText, type Template, templateOf } from './variables.ts';

/** Does a value of the request pass a value of the policy? */
type Test = (value: string, context: RequestContext) => boolean;

interface Operator {
  readonly negated: boolean;
  /** Makes the test of one value of the policy. */
  readonly compile: (text: string, hasVariables: boolean) => Test;
}

const never: Test = () => false;

function onText(compare: (value: string, wanted: string) => boolean): Operator['compile'] {
  return (text, hasVariables) => {
    const template = templateOf(text, 'text', hasVariables);
    return (value, context) => {
      const wanted = resolveText(template, context);
      return wanted !== undefined && compare(value, wanted);
    };
  };
}

function testGlob(template: Template): Test {
  return (value, context) => matchesTemplate(template, value, context);
}

const onGlob: Operator['compile'] = (text, hasVariables) => testGlob(templateOf(text, 'text', hasVariables));
const onArn: Operator['compile'] = (text, hasVariables) =>
  testGlob(templateOf(text, text === '*' ? 'text' : 'arn', hasVariables));

function on<V>(parse: (text: string) => V | undefined, compare: (value: V, wanted: V) => boolean): Operator['compile'] {
  return (text) => {
    const wanted = parse(text);
    if (wanted === undefined) return never;
    return (value) => {
      const parsed = parse(value);
      return parsed !== undefined && compare(parsed, wanted);
    };
  };
}

const onAddress: Operator['compile'] = (text) => {
  const range = values.toRange(text);
  if (!range) return never;
  return (value) => {
    const address = values.toAddress(value);
    return address !== undefined && values.isInRange(range, address);
  };
};

const same = <V>(value: V, wanted: V) => value === wanted;
const lower = (text: string) => text.toLowerCase();
const equalsIgnoringCase = onText((value, wanted) => lower(value) === lower(wanted));

function ordered(name: 'Numeric' | 'Date', parse: (text: string) => number | undefined): [string, Operator][] {
  const positive = (compare: (value: number, wanted: number) => boolean): Operator => ({
    negated: false,
    compile: on(parse, compare),
  });
  return [
    [`${name}Equals`, positive(same)],
    [`${name}NotEquals`, { negated: true, compile: on(parse, same<number>) }],
    [`${name}LessThan`, positive((value, wanted) => value < wanted)],
    [`${name}LessThanEquals`, positive((value, wanted) => value <= wanted)],
    [`${name}GreaterThan`, positive((value, wanted) => value > wanted)],
    [`${name}GreaterThanEquals`, positive((value, wanted) => value >= wanted)],
  ];
}

/** By name in lower case, without `ForAllValues:`, `ForAnyValue:` and `IfExists`. `Null` is none of these. */
const operators: ReadonlyMap<string, Operator> = new Map(
  (
    [
      ['StringEquals', { negated: false, compile: onText(same) }],
      ['StringNotEquals', { negated: true, compile: onText(same) }],
      ['StringEqualsIgnoreCase', { negated: false, compile: equalsIgnoringCase }],
      ['StringNotEqualsIgnoreCase', { negated: true, compile: equalsIgnoringCase }],
      ['StringLike', { negated: false, compile: onGlob }],
      ['StringNotLike', { negated: true, compile: onGlob }],
      ...ordered('Numeric', values.toNumber),
      ...ordered('Date', values.toDate),
      ['Bool', { negated: false, compile: on(values.toBoolean, same<boolean>) }],
      ['BinaryEquals', { negated: false, compile: on(values.toBinary, same<string>) }],
      ['IpAddress', { negated: false, compile: onAddress }],
      ['NotIpAddress', { negated: true, compile: onAddress }],
      ['ArnEquals', { negated: false, compile: onArn }],
      ['ArnLike', { negated: false, compile: onArn }],
      ['ArnNotEquals', { negated: true, compile: onArn }],
      ['ArnNotLike', { negated: true, compile: onArn }],
    ] as [string, Operator][]
  ).map(([name, operator]) => [name.toLowerCase(), operator]),
);

const spelling = /^(?:(ForAllValues|ForAnyValue):)?(.+?)(IfExists)?$/i;

export interface OperatorName {
  readonly set: 'all' | 'any' | undefined;
  /** In lower case, `null` among them. */
  readonly base: string;
  readonly ifExists: boolean;
}

/** Undefined for a name that is no operator. */
export function parseOperator(name: string): OperatorName | undefined {
  const match = spelling.exec(name);
  const base = match?.[2]?.toLowerCase();
  if (!match || base === undefined) return undefined;
  const set = match[1] ? (match[1].toLowerCase() === 'forallvalues' ? 'all' : 'any') : undefined;
  if (base === 'null') return set || match[3] ? undefined : { set, base, ifExists: false };
  return operators.has(base) ? { set, base, ifExists: match[3] !== undefined } : undefined;
}

/** One key under one operator. */
export interface Condition {
  /** As written, for explanations. */
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
  readonly holds: (context: RequestContext) => boolean;
}

function holdsNull(key: string, wanted: readonly string[]): Condition['holds'] {
  const answers = wanted.map(values.toBoolean);
  return (context) => answers.includes(!isPresent(context, key));
}

function holdsOperator(
  name: OperatorName,
  key: string,
  texts: readonly string[],
  hasVariables: boolean,
): Condition['holds'] {
  const { negated, compile } = operators.get(name.base)!;
  const tests = texts.map((text) => compile(text, hasVariables));
  const equalsOne = (value: string, context: RequestContext) => tests.some((test) => test(value, context));
  const onMissing = name.ifExists || name.set === 'all' || (negated && name.set === undefined);
  return (context) => {
    if (!isPresent(context, key)) return onMissing;
    const value = context.get(key) as ContextValue;
    if (typeof value === 'string') return equalsOne(value, context) !== negated;
    if (name.set === 'all') return value.every((one) => equalsOne(one, context) !== negated);
    if (name.set === 'any') return value.some((one) => equalsOne(one, context) !== negated);
    return value.some((one) => equalsOne(one, context)) !== negated;
  };
}

/** `operator` is a name that `parseOperator` knows. */
export function compileCondition(
  operator: string,
  key: string,
  texts: readonly string[],
  hasVariables: boolean,
): Condition {
  const name = parseOperator(operator);
  if (!name) throw new Error(`no condition operator: ${operator}`);
  const lowerKey = key.toLowerCase();
  const holds = name.base === 'null' ? holdsNull(lowerKey, texts) : holdsOperator(name, lowerKey, texts, hasVariables);
  return { operator, key, values: texts, holds };
}
