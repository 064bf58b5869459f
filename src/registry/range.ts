/** `Range: bytes=…` of one range; others (several, other units, nonsense) are ignored, as RFC 9110 permits. */
export interface ByteRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

export function parseRange(header: string | undefined, sizeBytes: number): ByteRange | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  if (first === '') {
    const length = Math.min(Number(last), sizeBytes);
    return length === 0 ? 'unsatisfiable' : { start: sizeBytes - length, end: sizeBytes };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return 'unsatisfiable';
  if (start >= sizeBytes) return 'unsatisfiable';
  return { start, end: last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes) };
}

/** `Content-Range: <first>-<last>` of a chunk, also with RFC 9110's unit and size. Undefined for anything else. */
export function parseContentRange(header: string): ByteRange | undefined {
  const [, first, last] = /^(?:bytes[ =])?(\d+)-(\d+)(?:\/(?:\d+|\*))?$/.exec(header.trim()) ?? [];
  if (first === undefined || last === undefined || Number(last) < Number(first)) return undefined;
  return { start: Number(first), end: Number(last) + 1 };
}
