/**
 * A text frame of TCS: a block of header lines, an empty line, JSON. The headers sign the JSON as the body of a GET of
 * the connection's URL.
 */
export interface TcsFrame {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Undefined for a frame without a header block. */
export function parseTcsFrame(frame: string): TcsFrame | undefined {
  const match = /\r?\n\r?\n/.exec(frame);
  if (!match) return undefined;
  const headers: Record<string, string> = Object.create(null);
  for (const line of frame.slice(0, match.index).split(/\r?\n/)) {
    const at = line.indexOf(':');
    if (at <= 0) return undefined;
    headers[line.slice(0, at).trim().toLowerCase()] = line.slice(at + 1).trim();
  }
  return { headers, body: frame.slice(match.index + match[0].length) };
}
