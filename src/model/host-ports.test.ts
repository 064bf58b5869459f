import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expandPortRange } from './host-ports.ts';

test('ranges of ports', () => {
  assert.deepEqual(expandPortRange('8000-8002'), [8000, 8001, 8002]);
  assert.deepEqual(expandPortRange('80'), [80]);
  for (const nonsense of ['', 'a-b', '10-9', '1-70000', '-5']) assert.deepEqual(expandPortRange(nonsense), []);
});
