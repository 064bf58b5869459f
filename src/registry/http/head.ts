/** Reads the head of a request below `/v2`. */
export interface Head {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: { readonly text: string; readonly parsed: ReadonlyMap<string, string> };
  readonly bodyLength: number | 'chunked' | 'none';
  /** The client sends the body when it is told to. */
  readonly expectsContinue: boolean;
  /** The client wants no other answer on this connection. */
  readonly close: boolean;
  /** Bytes of it. */
  readonly length: number;
}

const headEnd = Buffer.from('\r\n\r\n');
const requestLine =
  /^(GET|HEAD|POST|PUT|PATCH|DELETE) (\/v2(?:\/[!$%&'()*+,\-./0-9:;=@A-Z_a-z~]*)?)(?:\?([!-~]*))? HTTP\/1\.1$/;
const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what may not be there
const unsafeValue = /[\0-\x08\x0a-\x1f\x7f]/;
/** With one of these it is more than a plain request for bytes. */
const foreign = ['upgrade', 'trailer', 'te'];
const single = new Set([
  'host',
  'authorization',
  'range',
  'content-length',
  'transfer-encoding',
  'content-range',
  'expect',
]);

function parseHeaders(text: string): Map<string, string> | undefined {
  const parsed = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    if (colon < 1 || !headerName.test(name)) return undefined;
    const key = name.toLowerCase();
    // Only blanks and tabs are white space here: what others take a line's end or another coding for is not for us.
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '');
    if (unsafeValue.test(value)) return undefined;
    const before = parsed.get(key);
    if (before === undefined) parsed.set(key, value);
    else if (single.has(key)) return undefined;
    else parsed.set(key, `${before}, ${value}`);
  }
  return parsed;
}

/** Undefined for what is ambiguous or unheard of. */
function bodyLengthOf(headers: ReadonlyMap<string, string>): Head['bodyLength'] | undefined {
  const length = headers.get('content-length');
  const encoding = headers.get('transfer-encoding');
  if (length === undefined && encoding === undefined) return 'none';
  if (encoding !== undefined)
    return length === undefined && encoding.toLowerCase() === 'chunked' ? 'chunked' : undefined;
  return /^\d{1,15}$/.test(length!) ? Number(length) : undefined;
}

/**
 * `before` is the header block of the connection's request before this one: clients repeat theirs. `foreign` is what
 * this cannot read or does not want to.
 */
export function readHead(bytes: Buffer, before: Head['headers'] | undefined): Head | 'incomplete' | 'foreign' {
  const end = bytes.indexOf(headEnd);
  if (end < 0) return /^[A-Z]/.test(bytes.toString('latin1', 0, 1)) ? 'incomplete' : 'foreign';
  const text = bytes.toString('latin1', 0, end);
  const lineEnd = text.indexOf('\r\n');
  if (lineEnd < 0) return 'foreign';
  const line = requestLine.exec(text.slice(0, lineEnd));
  if (!line) return 'foreign';
  const block = text.slice(lineEnd + 2);
  let headers = before;
  if (before?.text !== block) {
    const parsed = parseHeaders(block);
    if (!parsed?.has('host') || foreign.some((name) => parsed.has(name))) return 'foreign';
    headers = { text: block, parsed };
  }
  const { parsed } = headers!;
  const bodyLength = bodyLengthOf(parsed);
  const expect = parsed.get('expect');
  if (bodyLength === undefined || (expect !== undefined && expect.toLowerCase() !== '100-continue')) return 'foreign';
  const connection = parsed.get('connection');
  if (connection !== undefined && !/^(?:keep-alive|close)$/i.test(connection)) return 'foreign';
  return {
    method: line[1]!,
    path: line[2]!,
    query: line[3] ?? '',
    headers: headers!,
    bodyLength,
    expectsContinue: expect !== undefined,
    close: connection !== undefined && connection.toLowerCase() === 'close',
    length: end + 4,
  };
}
