/**
 * Which lines begin an event, from the options `awslogs-multiline-pattern` (a regular expression) and
 * `awslogs-datetime-format` (strftime). https://docs.docker.com/engine/logging/drivers/awslogs/
 */
const directives: Readonly<Record<string, string>> = {
  A: '(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)',
  a: '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)',
  B: '(?:January|February|March|April|May|June|July|August|September|October|November|December)',
  b: '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)',
  d: '(?:0[1-9]|[12]\\d|3[01])',
  f: '\\d{6}',
  H: '(?:[01]\\d|2[0-3])',
  I: '(?:0[1-9]|1[0-2])',
  j: '(?:[0-2]\\d\\d|3[0-5]\\d|36[0-6])',
  L: '\\.\\d{3}',
  M: '[0-5]\\d',
  m: '(?:0[1-9]|1[0-2])',
  p: '(?:AM|PM)',
  S: '(?:[0-5]\\d|60)',
  U: '(?:[0-4]\\d|5[0-3])',
  w: '[0-6]',
  Y: '\\d{4}',
  y: '\\d{2}',
  Z: '[A-Z]{1,4}T',
  z: '[+-]\\d{4}',
  '%': '%',
};

/** Undefined for a directive that awslogs does not know. */
export function datetimePattern(format: string): RegExp | undefined {
  let source = '';
  for (let at = 0; at < format.length; at++) {
    const char = format[at]!;
    if (char !== '%') {
      source += char.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
      continue;
    }
    const directive = directives[format[++at] ?? ''];
    if (directive === undefined) return undefined;
    source += directive;
  }
  return new RegExp(source);
}

/** Undefined when every line is an event of its own, or the option cannot be understood: then `problem` is told why. */
export function startPattern(
  options: Readonly<Record<string, string>>,
  problem: (why: string) => void,
): RegExp | undefined {
  const pattern = options['awslogs-multiline-pattern'];
  const format = options['awslogs-datetime-format'];
  if (pattern) {
    try {
      return new RegExp(pattern);
    } catch (error) {
      problem(`awslogs-multiline-pattern is not a regular expression: ${(error as Error).message}`);
    }
  } else if (format) {
    const found = datetimePattern(format);
    if (found) return found;
    problem('awslogs-datetime-format has a directive that is not known');
  }
  return undefined;
}
