/** The tokens and ids that clients carry from one call to the next. They are opaque; each kind refuses what is not its own. */

import { invalidParameter } from './errors.ts';
import type { EventPosition } from './event-storage/event-storage.ts';

export function encodeListToken(position: unknown): string {
  return Buffer.from(JSON.stringify(position)).toString('base64');
}

/** What `encodeListToken` was given, or InvalidParameterException. */
export function decodeListToken<T>(
  token: string | undefined,
  isPosition: (value: unknown) => value is T,
): T | undefined {
  if (token === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(token, 'base64').toString('utf8'));
  } catch {
    // Not one of ours: refused below.
  }
  if (!isPosition(value)) throw invalidParameter('The specified nextToken is invalid.');
  return value;
}

export const isText = (value: unknown): value is string => typeof value === 'string';

/** 56 digits, as AWS's: timestamp (20), stream (16), sequence (20). */
export function eventId(position: EventPosition, streamStorageId: string): string {
  const stream = BigInt(`0x${streamStorageId.slice(0, 13)}`);
  return `${digits(position.timestamp, 20)}${String(stream % 10n ** 16n).padStart(16, '0')}${digits(position.sequence, 20)}`;
}

const digits = (value: number, length: number) => String(value).padStart(length, '0');

/** GetLogEvents' tokens: `f/` goes on after the position, `b/` before it. */
export interface EventToken {
  readonly direction: 'forward' | 'backward';
  readonly position: EventPosition;
}

export function encodeEventToken(direction: EventToken['direction'], position: EventPosition): string {
  return `${direction === 'forward' ? 'f' : 'b'}/${digits(position.timestamp, 28)}${digits(position.sequence, 28)}/s`;
}

export function decodeEventToken(token: string | undefined): EventToken | undefined {
  if (token === undefined) return undefined;
  const parts = /^([fb])\/(\d{28})(\d{28})(\/s)?$/.exec(token);
  const position = { timestamp: Number(parts?.[2]), sequence: Number(parts?.[3]) };
  if (!parts || !Number.isSafeInteger(position.timestamp) || !Number.isSafeInteger(position.sequence)) {
    throw invalidParameter('The specified nextToken is invalid.');
  }
  return { direction: parts[1] === 'f' ? 'forward' : 'backward', position };
}

/** The sequence token that AWS still answers and no longer reads. */
export function sequenceToken(streamStorageId: string, eventCount: number): string {
  const stream = BigInt(`0x${streamStorageId}`) % 10n ** 34n;
  return `49${String(stream).padStart(34, '0')}${digits(eventCount, 20)}`;
}
