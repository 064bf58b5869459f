import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from './config.ts';
import { parseStorage } from './registry-storage.ts';

describe('where blobs are', () => {
  it('is the data directory by default', () => {
    assert.deepEqual(parseStorage({}, {}), { kind: 'fs' });
    assert.deepEqual(parseStorage({ registryStorage: 'fs' }, {}), { kind: 'fs' });
  });

  it('is a bucket with or without a prefix', () => {
    const options = {
      registryStorage: 's3://my-images/a/b/',
      s3Endpoint: 'http://127.0.0.1:9000/',
      s3PathStyle: true,
      s3Redirect: 'https://images.example.org',
    };
    assert.deepEqual(parseStorage(options, { AWS_REGION: 'eu-west-1' }), {
      kind: 's3',
      bucket: 'my-images',
      prefix: 'a/b',
      region: 'eu-west-1',
      endpoint: 'http://127.0.0.1:9000',
      pathStyle: true,
      redirect: { endpoint: 'https://images.example.org' },
    });
    assert.deepEqual(parseStorage({ registryStorage: 's3://images', s3Redirect: true }, {}), {
      kind: 's3',
      bucket: 'images',
      prefix: '',
      region: 'us-east-1',
      pathStyle: false,
      redirect: {},
    });
  });

  it('refuses what it cannot use', () => {
    for (const options of [
      { registryStorage: 's3:/images' },
      { registryStorage: 's3://X' },
      { registryStorage: 'gs://images' },
      { registryStorage: 's3://images', s3Endpoint: 'localhost:9000' },
      { s3Endpoint: 'http://localhost:9000' },
      { s3Redirect: true },
    ]) {
      assert.throws(() => parseStorage(options, {}), ConfigError, JSON.stringify(options));
    }
  });
});
