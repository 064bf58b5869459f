/**
 * Secrets at rest. The vault seals what no row, log or file may show in clear: secret access keys, parameters, secrets,
 * key material, session tokens.
 *
 * - One random root key per data directory, wrapped by the operator's key (key-provider.ts) in the table `vaultKeys`;
 *   every purpose has a key of its own derived from it, so nothing sealed for one opens for another.
 * - The context (an ARN, an access key id) is authenticated: a sealed value that is moved to another row does not open.
 * - Synchronous, so that a transaction can seal; the operator's key is asked at start-up only.
 * - Nothing here logs, and no error holds a plaintext.
 */
import { createHmac, hkdfSync } from 'node:crypto';
import type { Clock } from '#lib/clock.ts';
import type { Random } from '#lib/random.ts';
import type { Store } from '#store/store.ts';
import { vaultKeys } from '#store/tables/secrets.ts';
import { decrypt, encrypt, type KeyProvider } from './key-provider.ts';

export interface Vault {
  /** Base64. `purpose` is the kind of secret, `context` what it belongs to. */
  seal(purpose: string, plaintext: Buffer | string, context: string): string;
  /** Throws when it was sealed for something else or was changed. */
  open(purpose: string, sealed: string, context: string): Buffer;
  /** 32 bytes that only a vault on the same root key can tell, always the same for the same text. */
  mac(purpose: string, text: string): Buffer;
}

const rootBytes = 32;
const rootId = 'root';

/** A vault on a root key; what another process of ours is given to open the same things. */
export function createVault(root: Buffer, random: Random): Vault {
  const keys = new Map<string, Buffer>();
  const keyOf = (purpose: string): Buffer => {
    let key = keys.get(purpose);
    if (!key) {
      key = Buffer.from(hkdfSync('sha256', root, Buffer.alloc(0), `slipway vault ${purpose}`, rootBytes));
      keys.set(purpose, key);
    }
    return key;
  };
  return {
    seal: (purpose, plaintext, context) =>
      encrypt(
        keyOf(purpose),
        random,
        typeof plaintext === 'string' ? Buffer.from(plaintext) : plaintext,
        context,
      ).toString('base64'),
    open(purpose, sealed, context) {
      const bytes = Buffer.from(sealed, 'base64');
      // What base64 reads over (a tail, blanks) would be other spellings of one token.
      if (bytes.toString('base64') !== sealed) throw new Error('not sealed here');
      return decrypt(keyOf(purpose), bytes, context);
    },
    mac: (purpose, text) =>
      createHmac('sha256', keyOf(`mac ${purpose}`))
        .update(text)
        .digest(),
  };
}

/** The store's root key, made on first use and durable then. Rejects when the operator's key does not open it. */
export async function openRootKey(options: {
  readonly store: Store;
  readonly provider: KeyProvider;
  readonly clock: Clock;
  readonly random: Random;
}): Promise<Buffer> {
  const { store, provider, clock, random } = options;
  const row = store.get(vaultKeys, rootId);
  if (row) {
    if (row.wrappedBy !== provider.id)
      throw new Error(`the data was sealed with the ${row.wrappedBy} key, and this is the ${provider.id} key`);
    return provider.unwrap(Buffer.from(row.wrapped, 'base64'));
  }
  const root = Buffer.from(random.bytes(rootBytes));
  const wrapped = (await provider.wrap(root)).toString('base64');
  store.transact((tx) => tx.insert(vaultKeys, { id: rootId, wrappedBy: provider.id, wrapped, createdAt: clock.now() }));
  await store.durable();
  return root;
}
