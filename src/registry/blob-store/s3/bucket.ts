/**
 * The part of S3 that the blob store needs, on one prefix of one bucket: objects that appear whole, multipart uploads,
 * copies, lists. Only what every S3-compatible store has; every object is sent with a checksum of its own.
 */
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { s3Error } from './errors.ts';

export interface ObjectStat {
  readonly key: string;
  readonly sizeBytes: number;
  /** Epoch milliseconds. */
  readonly modifiedAt: number;
}

export interface Part {
  readonly sizeBytes: number;
  readonly etag: string;
}

/** S3 copies no more than 5 GiB in one go. */
const maxCopyBytes = 5 * 2 ** 30;
/** Smaller: more requests; larger: a copy that fails begins further back. */
const copyPartBytes = 512 * 2 ** 20;
const copiesAtOnce = 4;

const crcOf = (bytes: Buffer): string => {
  const four = Buffer.alloc(4);
  four.writeUInt32BE(crc32(bytes) >>> 0);
  return four.toString('base64');
};

export interface BucketOptions {
  readonly client: S3Client;
  readonly bucket: string;
  /** With its slash, or empty. */
  readonly prefix: string;
  readonly maxCopyBytes?: number;
  readonly copyPartBytes?: number;
}

export class Bucket {
  readonly #options: BucketOptions;

  constructor(options: BucketOptions) {
    this.#options = options;
  }

  /** What every request names; `key` is below the prefix. */
  #at(key: string) {
    return { Bucket: this.#options.bucket, Key: this.#options.prefix + key };
  }

  /** Undefined when there is no such object. */
  async #found<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      return await work;
    } catch (error) {
      if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 404) return undefined;
      throw s3Error(error);
    }
  }

  async #done<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw s3Error(error);
    }
  }

  async stat(key: string): Promise<ObjectStat | undefined> {
    const found = await this.#found(this.#options.client.send(new HeadObjectCommand(this.#at(key))));
    return found && { key, sizeBytes: found.ContentLength ?? 0, modifiedAt: found.LastModified?.getTime() ?? 0 };
  }

  /** Undefined when there is no such object; `end` is exclusive. */
  async get(key: string, range?: { readonly start: number; readonly end: number }) {
    const header = range && { Range: `bytes=${range.start}-${range.end - 1}` };
    const found = await this.#found(this.#options.client.send(new GetObjectCommand({ ...this.#at(key), ...header })));
    if (!found) return undefined;
    // A store that takes no notice of the range answers from the beginning.
    const startsAt = Number(/^bytes (\d+)-/.exec(found.ContentRange ?? '')?.[1] ?? 0);
    return { sizeBytes: found.ContentLength ?? 0, startsAt, body: found.Body as Readable };
  }

  async read(key: string): Promise<Buffer | undefined> {
    const found = await this.get(key);
    if (!found) return undefined;
    const pieces: Buffer[] = [];
    for await (const piece of found.body) pieces.push(piece as Buffer);
    return Buffer.concat(pieces);
  }

  /** `sha256` is in hexadecimal, for a caller who knows it; the store refuses bytes that do not match. */
  async put(key: string, bytes: Buffer, sha256?: string): Promise<void> {
    const checksum =
      sha256 === undefined
        ? { ChecksumCRC32: crcOf(bytes) }
        : { ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64') };
    await this.#done(
      this.#options.client.send(
        new PutObjectCommand({ ...this.#at(key), Body: bytes, ContentLength: bytes.length, ...checksum }),
      ),
    );
  }

  async remove(key: string): Promise<void> {
    await this.#found(this.#options.client.send(new DeleteObjectCommand(this.#at(key))));
  }

  async *list(below: string): AsyncGenerator<ObjectStat> {
    const { client, bucket, prefix } = this.#options;
    let token: string | undefined;
    do {
      const page = await this.#done(
        client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix + below, ContinuationToken: token })),
      );
      for (const { Key = '', Size = 0, LastModified } of page.Contents ?? []) {
        yield { key: Key.slice(prefix.length), sizeBytes: Size, modifiedAt: LastModified?.getTime() ?? 0 };
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async startMultipart(key: string): Promise<string> {
    const { client } = this.#options;
    const { UploadId } = await this.#done(
      client.send(new CreateMultipartUploadCommand({ ...this.#at(key), ContentType: 'application/octet-stream' })),
    );
    return UploadId!;
  }

  async putPart(key: string, uploadId: string, number: number, bytes: Buffer): Promise<Part> {
    const { ETag } = await this.#done(
      this.#options.client.send(
        new UploadPartCommand({
          ...this.#at(key),
          UploadId: uploadId,
          PartNumber: number,
          Body: bytes,
          ContentLength: bytes.length,
          ChecksumCRC32: crcOf(bytes),
        }),
      ),
    );
    return { sizeBytes: bytes.length, etag: ETag! };
  }

  async finishMultipart(key: string, uploadId: string, parts: readonly { readonly etag: string }[]): Promise<void> {
    const list = parts.map(({ etag }, at) => ({ PartNumber: at + 1, ETag: etag }));
    await this.#done(
      this.#options.client.send(
        new CompleteMultipartUploadCommand({
          ...this.#at(key),
          UploadId: uploadId,
          MultipartUpload: { Parts: list },
        }),
      ),
    );
  }

  async abortMultipart(key: string, uploadId: string): Promise<void> {
    await this.#found(
      this.#options.client.send(new AbortMultipartUploadCommand({ ...this.#at(key), UploadId: uploadId })),
    );
  }

  /** Within the store, without its bytes coming here. */
  async copy(from: string, to: string, sizeBytes: number): Promise<void> {
    const { client, bucket, prefix } = this.#options;
    const source = `${bucket}/${(prefix + from).split('/').map(encodeURIComponent).join('/')}`;
    if (sizeBytes > (this.#options.maxCopyBytes ?? maxCopyBytes)) return this.#copyInParts(source, to, sizeBytes);
    await this.#done(client.send(new CopyObjectCommand({ ...this.#at(to), CopySource: source })));
  }

  async #copyInParts(source: string, to: string, sizeBytes: number): Promise<void> {
    const partBytes = this.#options.copyPartBytes ?? copyPartBytes;
    const uploadId = await this.startMultipart(to);
    const etags: string[] = [];
    let next = 0;
    const work = async () => {
      for (let at = next++; at * partBytes < sizeBytes; at = next++) {
        const end = Math.min(sizeBytes, (at + 1) * partBytes);
        const command = new UploadPartCopyCommand({
          ...this.#at(to),
          UploadId: uploadId,
          PartNumber: at + 1,
          CopySource: source,
          CopySourceRange: `bytes=${at * partBytes}-${end - 1}`,
        });
        const { CopyPartResult } = await this.#done(this.#options.client.send(command));
        etags[at] = CopyPartResult!.ETag!;
      }
    };
    try {
      await Promise.all(Array.from({ length: copiesAtOnce }, work));
      await this.finishMultipart(
        to,
        uploadId,
        etags.map((etag) => ({ etag })),
      );
    } catch (error) {
      await this.abortMultipart(to, uploadId).catch(() => {});
      throw error;
    }
  }
}
