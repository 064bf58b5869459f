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

/** IAM's unique id: a four-letter prefix (`AIDA` users, `AGPA` groups, `AROA` roles …) and 17 characters. */
export function uniqueId(random: Random, prefix: string): string {
  let out = prefix;
  for (const byte of random.bytes(17)) out += base32[byte % 32];
  return out;
}

/**
 * An access key id: a four-letter prefix (`AKIA` long-lived, `ASIA` temporary) and 16 characters, which hold the account
 * in the places where AWS's hold it, so that anybody can tell whose a key is.
 */
export function accessKeyId(random: Random, prefix: 'AKIA' | 'ASIA', account: string): string {
  const bytes = Buffer.from(random.bytes(10));
  const [head, tail] = [bytes[0]! & 0x80, bytes[5]! & 0x7f];
  bytes.writeUIntBE(Number(account) * 2 ** 7 + tail, 0, 6);
  bytes[0] = bytes[0]! | head;
  let out = prefix as string;
  let bits = BigInt(`0x${bytes.toString('hex')}`);
  const letters: string[] = [];
  for (let n = 0; n < 16; n++, bits >>= 5n) letters.unshift(base32[Number(bits & 31n)]!);
  out += letters.join('');
  return out;
}

/** The 12 digits of the account that an access key id holds; undefined for what is none. */
export function accountOfAccessKey(id: string): string | undefined {
  if (!/^A(KIA|SIA)[A-Z2-7]{16}$/.test(id)) return undefined;
  let bits = 0n;
  for (const letter of id.slice(4)) bits = (bits << 5n) | BigInt(base32.indexOf(letter));
  const account = (bits >> 39n) & 0xff_ffff_ffffn;
  return account > 999_999_999_999n ? undefined : String(account).padStart(12, '0');
}
