/** Where `slipway up` was told to keep the blobs of images. */
import type { Storage } from '#registry/blob-store/storage.ts';
import { ConfigError, defaultRegion } from './config.ts';

export interface StorageOptions {
  /** `s3://bucket/prefix`; by default files in the data directory. */
  readonly registryStorage?: string;
  readonly s3Endpoint?: string;
  readonly s3PathStyle?: boolean;
  readonly s3Region?: string;
  /** True, or the URL under which clients reach the bucket. */
  readonly s3Redirect?: boolean | string;
}

type Environment = Readonly<Record<string, string | undefined>>;

function parseUrl(option: string, text: string): string {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new ConfigError(`${option} must be an http or https URL, not "${text}"`);
  }
  return url.href.replace(/\/$/, '');
}

export function parseStorage(options: StorageOptions, env: Environment = process.env): Storage {
  const { registryStorage, s3Endpoint, s3PathStyle, s3Region, s3Redirect } = options;
  if (registryStorage === undefined || registryStorage === 'fs') {
    const given = {
      '--s3-endpoint': s3Endpoint,
      '--s3-path-style': s3PathStyle,
      '--s3-region': s3Region,
      '--s3-redirect': s3Redirect,
    };
    const [stray] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
    if (stray !== undefined) throw new ConfigError(`${stray} needs --registry-storage s3://BUCKET/PREFIX`);
    return { kind: 'fs' };
  }
  const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(registryStorage) ?? [];
  if (bucket === undefined) {
    throw new ConfigError(`--registry-storage must be fs or s3://BUCKET/PREFIX, not "${registryStorage}"`);
  }
  return {
    kind: 's3',
    bucket,
    prefix: prefix.replace(/^\/+|\/+$/g, ''),
    region: s3Region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? defaultRegion,
    pathStyle: s3PathStyle ?? false,
    ...(s3Endpoint !== undefined && { endpoint: parseUrl('--s3-endpoint', s3Endpoint) }),
    ...(s3Redirect === true && { redirect: {} }),
    ...(typeof s3Redirect === 'string' && { redirect: { endpoint: parseUrl('--s3-redirect', s3Redirect) } }),
  };
}
