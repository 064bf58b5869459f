import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EcrContext } from '../context.ts';
import { registryPrefix } from './repository.ts';

const registry = { kind: 'private', account: '123456789012', region: 'eu-west-1' } as const;
const prefix = (endpoint: string, registryHost?: (one: typeof registry) => string | undefined) =>
  registryPrefix({ endpoint, deps: { registryHost } } as unknown as EcrContext, registry);

test("a repository's address is the client's own way to us, unless the operator has named one", () => {
  assert.equal(prefix('http://localhost:4566'), 'localhost:4566/123456789012.eu-west-1');
  assert.equal(prefix('http://[::1]:4566'), '[::1]:4566/123456789012.eu-west-1');
  assert.equal(
    prefix('http://localhost:4566', () => undefined),
    'localhost:4566/123456789012.eu-west-1',
  );
  const trusted = prefix(
    'http://localhost:4566',
    ({ account, region }) => `${account}.dkr.ecr.${region}.amazonaws.com`,
  );
  assert.equal(trusted, '123456789012.dkr.ecr.eu-west-1.amazonaws.com');
});
