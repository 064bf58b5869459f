/**
 * The operator's key: what wraps the vault's root, and the only thing that must be kept apart from the data. A key file
 * by default; whoever holds it and the data directory holds every secret.
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { chmod, link, open, readFile, rm } from 'node:fs/promises';
import type { Random } from '#lib/random.ts';

/** Asynchronous, so that a key management service elsewhere can be one. Asked at start-up only. */
export interface KeyProvider {
  /** Names the key, not its value: `file`, `environment`. */
  readonly id: string;
  wrap(plaintext: Buffer): Promise<Buffer>;
  /** Rejects when the key is not the one that wrapped it. */
  unwrap(wrapped: Buffer): Promise<Buffer>;
}

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** AES-256-GCM: nonce, ciphertext, tag. */
export function encrypt(key: Buffer, random: Random, plaintext: Buffer, context: string): Buffer {
  const nonce = Buffer.from(random.bytes(nonceBytes));
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** Throws when the key, the context or the bytes are not those of `encrypt`. */
export function decrypt(key: Buffer, sealed: Buffer, context: string): Buffer {
  if (sealed.length < nonceBytes + tagBytes) throw new Error('too short to be sealed');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes))
    .setAAD(Buffer.from(context))
    .setAuthTag(sealed.subarray(sealed.length - tagBytes));
  return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, sealed.length - tagBytes)), decipher.final()]);
}

/** A provider over a key that this process has in memory. `secret` may be of any length and is never used itself. */
export function localKeyProvider(id: string, secret: Buffer, random: Random): KeyProvider {
  const key = Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), 'slipway operator key', keyBytes));
  return {
    id,
    wrap: async (plaintext) => encrypt(key, random, plaintext, id),
    async unwrap(wrapped) {
      try {
        return decrypt(key, wrapped, id);
      } catch (error) {
        throw new Error(`the ${id} key is not the one that this data was sealed with`, { cause: error });
      }
    },
  };
}

/** The key in `path`, made on first use, readable by its owner only. Two processes that make it at once agree on one. */
export async function keyFileProvider(path: string, random: Random): Promise<KeyProvider> {
  const read = () => readFile(path).catch((error) => (error.code === 'ENOENT' ? undefined : Promise.reject(error)));
  let secret = await read();
  if (secret === undefined) {
    const draft = `${path}.${Buffer.from(random.bytes(6)).toString('hex')}`;
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.write(Buffer.from(random.bytes(keyBytes)));
      await file.sync();
    } finally {
      await file.close();
    }
    await link(draft, path).catch((error) => (error.code === 'EEXIST' ? undefined : Promise.reject(error)));
    await rm(draft);
    secret = (await read())!;
  }
  if (secret.length < keyBytes) throw new Error(`${path} is shorter than a key: ${secret.length} bytes`);
  await chmod(path, 0o600);
  return localKeyProvider('file', secret, random);
}
