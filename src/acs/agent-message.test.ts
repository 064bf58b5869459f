import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseAcsMessage, parseTcsMessage } from './agent-message.ts';
import { parseTcsFrame } from './tcs-frame.ts';

const types = [
  'AckRequest',
  'NackRequest',
  'HeartbeatAckRequest',
  'IAMRoleCredentialsAckRequest',
  'TaskStopVerificationMessage',
];
const telemetryTypes = ['PublishMetricsRequest', 'PublishHealthRequest', 'PublishInstanceStatusRequest'];

describe('messages of agents', () => {
  it('are read whatever is in them, and never throw', () => {
    const message = fc.record(
      {
        messageId: fc.jsonValue(),
        stopCandidates: fc.jsonValue(),
        tasks: fc.jsonValue(),
        statuses: fc.jsonValue(),
        taskMetrics: fc.jsonValue(),
        metadata: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({ type: fc.constantFrom(...types, ...telemetryTypes, 'Other'), message })
        .map((one) => JSON.stringify(one)),
    );
    fc.assert(
      fc.property(text, (json) => {
        parseAcsMessage(json);
        parseTcsMessage(json);
        parseTcsFrame(json);
      }),
    );
  });

  it('are all known', () => {
    for (const type of types) assert.equal(parseAcsMessage(JSON.stringify({ type, message: {} }))?.type, type);
    for (const type of telemetryTypes) assert.equal(parseTcsMessage(JSON.stringify({ type, message: {} }))?.type, type);
    assert.equal(parseAcsMessage('{"type":"PublishHealthRequest","message":{}}'), undefined);
  });

  it('of telemetry come behind a block of headers', () => {
    const frame = parseTcsFrame('Authorization: AWS4 x=a:b\r\nHost: h:1\r\nX-Amz-Date: d\r\n\r\n{"type":"x"}');
    assert.deepEqual({ ...frame?.headers }, { authorization: 'AWS4 x=a:b', host: 'h:1', 'x-amz-date': 'd' });
    assert.equal(frame?.body, '{"type":"x"}');
    assert.equal(parseTcsFrame('{"type":"x"}'), undefined);
  });
});
