/** How one value of an event is compared: with text that may hold `*`, with a number, with a regular expression. */
export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=';

export type Operand =
  | { readonly kind: 'text'; readonly text: string; readonly number?: number }
  | { readonly kind: 'regex'; readonly test: (text: string) => boolean };

/** `*` stands for any run of characters. Takes time proportional to pattern times text at the worst. */
export function matchesWildcard(pattern: string, text: string): boolean {
  if (!pattern.includes('*')) return pattern === text;
  const parts = pattern.split('*');
  const first = parts.shift()!;
  const last = parts.pop()!;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

const numberText = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

export const textOperand = (text: string, quoted: boolean): Operand =>
  !quoted && numberText.test(text) ? { kind: 'text', text, number: Number(text) } : { kind: 'text', text };

function order(operator: Operator, a: number, b: number): boolean {
  switch (operator) {
    case '=':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
  }
}

/** Compares as numbers where both are, as text with wildcards otherwise; only = and != compare text. */
export function compareValue(value: string | number, operator: Operator, operand: Operand): boolean {
  if (operand.kind === 'regex') {
    const found = operand.test(String(value));
    return operator === '=' ? found : operator === '!=' && !found;
  }
  if (operand.number !== undefined) {
    const number = typeof value === 'number' ? value : numberText.test(value) ? Number(value) : undefined;
    if (number !== undefined) return order(operator, number, operand.number);
  }
  const equal = matchesWildcard(operand.text, String(value));
  return operator === '=' ? equal : operator === '!=' && !equal;
}
