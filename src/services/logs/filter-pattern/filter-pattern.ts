/**
 * CloudWatch Logs' filter patterns, compiled to a test of an event's message. Three languages, told apart by their first
 * character: `{` JSON, `[` space-delimited fields, anything else terms. Matching is case-sensitive.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
import { parseFieldsPattern } from './fields-pattern.ts';
import { parseJsonPattern } from './json-pattern.ts';
import { Lexer, PatternSyntaxError } from './lexer.ts';

export { PatternSyntaxError };
export type MessageTest = (message: string) => boolean;

/**
 * Terms: all plain ones must be in the message, none of those with `-`. Those with `?` are alternatives, of which one
 * suffices; next to plain or excluded terms they are ignored, as AWS does.
 */
function parseTerms(lexer: Lexer): MessageTest {
  const required: MessageTest[] = [];
  const excluded: MessageTest[] = [];
  const optional: MessageTest[] = [];
  while (!lexer.ended) {
    const list = lexer.take('?') ? optional : lexer.take('-') ? excluded : required;
    if (lexer.peek('%')) {
      list.push(lexer.regex());
      continue;
    }
    const term = lexer.peek('"') ? lexer.quoted() : lexer.match(/[^\s"]+/);
    if (term === undefined) throw new PatternSyntaxError(`a term is expected at ${lexer.at}`);
    list.push((message) => message.includes(term));
  }
  if (required.length === 0 && excluded.length === 0) return (message) => optional.some((test) => test(message));
  return (message) => required.every((test) => test(message)) && !excluded.some((test) => test(message));
}

/** PatternSyntaxError for what is not a pattern. An empty pattern matches everything. */
export function compileFilterPattern(pattern: string): MessageTest {
  const lexer = new Lexer(pattern);
  if (lexer.ended) return () => true;
  if (lexer.peek('{')) return parseJsonPattern(lexer);
  if (lexer.peek('[')) return parseFieldsPattern(lexer);
  return parseTerms(lexer);
}
