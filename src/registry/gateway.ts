/**
 * The blob store as the control plane reaches it: calls to the registry process, which alone has the bytes. This is both
 * ends of it.
 */
import { BlobError, type BlobGateway } from '#images/blob-gateway.ts';
import { digestOf } from '#images/digest.ts';
import type { Vault } from '#keys/vault.ts';
import type { Clock } from '#lib/clock.ts';
import type { BlobStore } from './blob-store/blob-store.ts';
import type { Remote } from './process/rpc.ts';
import { signedBlobPath } from './signed-blob.ts';

const defaultLimitBytes = 8 * 1024 * 1024;

async function* one(bytes: Uint8Array): AsyncGenerator<Buffer> {
  yield Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** In the registry process. */
export function createGatewayHandlers(blobs: BlobStore) {
  return {
    stat: ({ digest }: { readonly digest: string }) => blobs.stat(digest),
    read: ({ digest, limitBytes }: { readonly digest: string; readonly limitBytes: number }) =>
      blobs.read(digest, limitBytes),
    write: ({ bytes, digest }: { readonly bytes: Uint8Array; readonly digest: string }) =>
      blobs.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), digest),
    startUpload: () => blobs.startUpload(),
    append: (input: { readonly id: string; readonly offset: number; readonly bytes: Uint8Array }) =>
      blobs.append(input.id, input.offset, one(input.bytes)),
    finish: ({ id, digest }: { readonly id: string; readonly digest: string }) => blobs.finish(id, digest),
    abort: ({ id }: { readonly id: string }) => blobs.abort(id),
  };
}

export type GatewayHandlers = ReturnType<typeof createGatewayHandlers>;

/** In the control plane. `remote` answers the process that lives, and waits a while for one that is starting. */
export function createBlobGateway(deps: {
  readonly remote: () => Promise<Remote<GatewayHandlers> | undefined>;
  readonly vault: Vault;
  readonly clock: Clock;
}): BlobGateway {
  const remote = async (): Promise<Remote<GatewayHandlers>> => {
    const found = await deps.remote();
    if (!found) throw new BlobError('unavailable', 'the registry is starting; try again in a moment');
    return found;
  };
  return {
    stat: async (digest) => (await remote()).stat({ digest }),
    async read(digest, limitBytes = defaultLimitBytes) {
      const bytes: Uint8Array | undefined = await (await remote()).read({ digest, limitBytes });
      return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
    write: async (bytes, algorithm = 'sha256') => (await remote()).write({ bytes, digest: digestOf(bytes, algorithm) }),
    startUpload: async () => (await remote()).startUpload(undefined as never),
    append: async (id, offset, bytes) => (await remote()).append({ id, offset, bytes }),
    finish: async (id, digest) => (await remote()).finish({ id, digest }),
    abort: async (id) => {
      await (await remote()).abort({ id });
    },
    presignedUrl: (digest, endpoint, lifetimeMs) =>
      `${endpoint}${signedBlobPath(deps.vault, digest, deps.clock.now() + lifetimeMs)}`,
  };
}
