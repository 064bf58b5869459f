/** What the values of conditions mean: numbers, dates, truth values, addresses. Undefined where a text means nothing. */

export function toNumber(text: string): number | undefined {
  return /^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*$/.test(text) ? Number(text) : undefined;
}

const isoDate =
  /^(-?\d{1,9})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?:[Tt](?:(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?)?)?)?([Zz]|[+-]\d{2}(?::?\d{2})?)?$/;

const isIn = (value: number, low: number, high: number) => value >= low && value <= high;

/**
 * Epoch milliseconds of an ISO 8601 date of the W3C's kind (`2026`, `2026-01-31`, `2026-01-31T10:00:00Z`) or of epoch
 * seconds.
 */
export function toDate(text: string): number | undefined {
  if (/^\d+$/.test(text) && text.length !== 4) {
    return BigInt(text) <= 9_223_372_036_854_775_807n ? Number(text) * 1000 : undefined;
  }
  const match = isoDate.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? Number.NaN));
  const values = [year!, month || 1, day || 1, hour || 0, minute || 0, second || 0] as const;
  const isValid =
    isIn(values[1], 1, 12) &&
    isIn(values[2], 1, 31) &&
    isIn(values[3], 0, 23) &&
    isIn(values[4], 0, 59) &&
    isIn(values[5], 0, 59);
  if (!isValid) return undefined;
  const zone = match[8];
  let offsetMinutes = 0;
  if (zone && zone.length > 1) {
    const sign = zone.startsWith('-') ? -1 : 1;
    const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(3).replace(':', '') || 0)];
    if (!isIn(hours, 0, 23) || !isIn(minutes, 0, 59)) return undefined;
    offsetMinutes = sign * (hours * 60 + minutes);
  }
  const fractionMs = match[7] ? Number(`0.${match[7]}`) * 1000 : 0;
  const date = new Date(0);
  date.setUTCFullYear(values[0], values[1] - 1, values[2]);
  date.setUTCHours(values[3], values[4] - offsetMinutes, values[5]);
  return date.getTime() + fractionMs;
}

export function toBoolean(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  return lower === 'true' ? true : lower === 'false' ? false : undefined;
}

/** Base64 without what may differ between two texts of the same bytes. */
export const toBinary = (text: string): string => text.replace(/=+$/, '');

export interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

function toIpv4(text: string): bigint | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!match) return undefined;
  const bytes = match.slice(1).map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) : undefined;
}

function toGroups(text: string): bigint[] | undefined {
  if (text === '') return [];
  const groups = text.split(':');
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return groups.map((group) => BigInt(`0x${group}`));
}

/** The address without its tail of dotted decimals, which becomes two groups. */
function withoutDots(text: string): string | undefined {
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (!tail) return text;
  const value = toIpv4(tail[2]!);
  return value === undefined ? undefined : `${tail[1]}${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
}

function toIpv6(text: string): bigint | undefined {
  const halves = withoutDots(text)?.split('::');
  if (!halves || halves.length > 2) return undefined;
  const [head, tail] = [toGroups(halves[0]!), halves.length === 2 ? toGroups(halves[1]!) : []];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array<bigint>(missing).fill(0n), ...tail];
  return groups.reduce((sum, group) => (sum << 16n) | group, 0n);
}

/** An IPv4 address that came in over IPv6 (`::ffff:192.0.2.1`) is an IPv4 address. */
export function toAddress(text: string): Address | undefined {
  const ipv4 = toIpv4(text);
  if (ipv4 !== undefined) return { bits: 32, value: ipv4 };
  const ipv6 = text.includes(':') ? toIpv6(text) : undefined;
  if (ipv6 === undefined) return undefined;
  return ipv6 >> 32n === 0xffffn ? { bits: 32, value: ipv6 & 0xffff_ffffn } : { bits: 128, value: ipv6 };
}

export interface AddressRange {
  readonly bits: 32 | 128;
  readonly prefix: bigint;
  readonly shift: bigint;
}

/** `203.0.113.0/24`, `2001:db8::/32`, or one address. */
export function toRange(text: string): AddressRange | undefined {
  const [base, length, ...rest] = text.split('/');
  const address = toAddress(base!);
  if (!address || rest.length > 0 || (length !== undefined && !/^\d{1,3}$/.test(length))) return undefined;
  const size = length === undefined ? address.bits : Number(length);
  if (size > address.bits) return undefined;
  const shift = BigInt(address.bits - size);
  return { bits: address.bits, prefix: address.value >> shift, shift };
}

export const isInRange = (range: AddressRange, address: Address): boolean =>
  range.bits === address.bits && address.value >> range.shift === range.prefix;
