/** What goes wrong below the ECR API, in its words: a full disk and a registry that is starting are the server's fault. */
import { BlobError } from '../blob-gateway.ts';
import { serverException } from './errors.ts';

export async function withStorageErrors<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof BlobError)) throw error;
    if (error.reason === 'disk full') throw serverException('There is no space left for the image.');
    if (error.reason === 'unavailable') throw serverException(error.message);
    throw error;
  }
}
