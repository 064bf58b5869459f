/**
 * Names of uploads on the wire: the blob store's id, and a seal that ties it to the repository for which it was begun, so
 * that nobody goes on with an upload from a repository where he may not.
 */
import type { Vault } from '#keys/vault.ts';

const sealLength = 16;

export interface UploadNames {
  seal(id: string, repositoryArn: string): string;
  /** The store's id; undefined for a name that was not made for the repository. */
  open(name: string, repositoryArn: string): string | undefined;
}

export function createUploadNames(vault: Vault): UploadNames {
  const sealOf = (id: string, repositoryArn: string) =>
    vault.mac('registry upload', `${id} ${repositoryArn}`).toString('base64url').slice(0, sealLength);
  return {
    seal: (id, repositoryArn) => `${id}.${sealOf(id, repositoryArn)}`,
    open(name, repositoryArn) {
      const dot = name.indexOf('.');
      const id = name.slice(0, dot);
      return dot > 0 && name.slice(dot + 1) === sealOf(id, repositoryArn) ? id : undefined;
    },
  };
}
