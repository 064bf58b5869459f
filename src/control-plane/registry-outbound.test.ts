import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOutbound } from './registry-outbound.ts';

test('nothing given is nothing set', () => {
  assert.deepEqual(parseOutbound({}), {});
  assert.deepEqual(parseOutbound({ upstream: [], replicationTarget: [] }), {});
});

test('upstreams by name and by host, targets with what stands for account and region', () => {
  const parsed = parseOutbound({
    upstream: ['docker-hub=http://127.0.0.1:5000', 'registry.example.org:5000=https://mirror.example.org/hub/'],
    upstreamRecheckHours: '2',
    replicationTarget: [
      '111122223333=https://other:4566/{account}.{region}',
      '444455556666/eu-west-1=https://harbor/mirror',
    ],
  });
  assert.deepEqual(parsed, {
    registryOutbound: {
      upstreams: {
        'docker-hub': 'http://127.0.0.1:5000',
        'registry.example.org:5000': 'https://mirror.example.org/hub',
      },
      recheckMs: 7_200_000,
    },
    replicationTargets: {
      '111122223333': 'https://other:4566/{account}.{region}',
      '444455556666/eu-west-1': 'https://harbor/mirror',
    },
  });
});

test('what cannot be used is refused, and credentials are not repeated', () => {
  for (const text of ['docker-hub', 'dockerhub=https://x', 'quay=ftp://x', 'quay=x', 'quay=https://x?y']) {
    assert.throws(() => parseOutbound({ upstream: [text] }), /--upstream/, text);
  }
  for (const text of ['1=https://x', '111122223333/here=https://x', '111122223333=']) {
    assert.throws(() => parseOutbound({ replicationTarget: [text] }), /--replication-target/, text);
  }
  const withSecret = () => parseOutbound({ upstream: ['quay=https://me:hunter2@quay.io'] });
  assert.throws(withSecret, (error: Error) => !error.message.includes('hunter2'));
  assert.throws(() => parseOutbound({ upstreamCa: '/nonexistent.pem' }), /cannot be read/);
});
