import type { Random } from './random.ts';

/** `byteCount` random bytes in lower-case hex; ECS's resource ids are 16 bytes, i.e. 32 characters. */
export function hexId(random: Random, byteCount = 16): string {
  return Buffer.from(random.bytes(byteCount)).toString('hex');
}

/** A version 4 UUID. */
export function uuid(random: Random): string {
  const bytes = Buffer.from(random.bytes(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** `length` decimal digits, as in the id of a deployment (`ecs-svc/1234567890123456789`); never starts with 0. */
export function decimalId(random: Random, length = 19): string {
  let out = '';
  for (const byte of random.bytes(length)) out += String(byte % 10);
  return out.startsWith('0') ? `1${out.slice(1)}` : out;
}

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** An access key id: a four-letter prefix (`AKIA` long-lived, `ASIA` temporary) and 16 characters. */
export function accessKeyId(random: Random, prefix: 'AKIA' | 'ASIA'): string {
  let out = prefix as string;
  for (const byte of random.bytes(16)) out += base32[byte % 32];
  return out;
}
