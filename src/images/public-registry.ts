/** An account's public registry: there from its first use, under an alias that Slipway draws. */
import type { Random } from '#lib/random.ts';
import type { PublicRegistryRow } from '#model/ecr-registry.ts';
import type { Tx } from '#store/store.ts';
import { publicRegistries } from '#store/tables/ecr.ts';

const letters = 'abcdefghijklmnopqrstuvwxyz';
const aliasLength = 8;

/** As AWS's default aliases look: a letter first, then letters and digits in turn. */
function drawAlias(random: Random): string {
  const bytes = random.bytes(aliasLength);
  return Array.from(bytes, (byte, index) => (index % 2 === 0 ? letters[byte % 26] : String(byte % 10))).join('');
}

export function ensurePublicRegistry(tx: Tx, random: Random, account: string): PublicRegistryRow {
  const existing = tx.get(publicRegistries, account);
  if (existing) return existing;
  let name = drawAlias(random);
  while (tx.count(publicRegistries, 'byAlias', name) > 0) name = drawAlias(random);
  const alias = { name, status: 'ACTIVE', primaryRegistryAlias: true, defaultRegistryAlias: true } as const;
  return tx.insert(publicRegistries, { account, aliases: [alias] });
}
