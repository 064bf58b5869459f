import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { silentLogger } from '#lib/logger.ts';
import { fakeContainer, fakeTask, fakeTasks } from './fake-tasks.ts';
import type { MetadataRequest } from './request.ts';
import { answerProtection, type CallProtection, type ProtectionChange } from './task-protection.ts';

const task = fakeTask({ containers: [fakeContainer({ metadataId: 'container-id' })] });
const role = {
  credentialsId: 'id',
  roleArn: 'r',
  accessKeyId: 'ASIA',
  secretAccessKey: 's',
  sessionToken: 't',
  expiration: '2026-01-01T00:00:00Z',
};

function ask(request: Partial<MetadataRequest>, call: CallProtection, hasRole = true) {
  return answerProtection(
    {
      tasks: fakeTasks(task),
      credentials: { of: () => (hasRole ? role : undefined) },
      callProtection: call,
      logger: silentLogger,
    },
    { path: '/api/container-id/task-protection/v1/state', query: new URLSearchParams(), ...request },
  );
}

const never: CallProtection = async () => assert.fail('the API was called');
const put = (body: unknown) => ({ method: 'PUT', body: typeof body === 'string' ? body : JSON.stringify(body) });

describe('the task protection endpoint', () => {
  it('asks, and changes, with the credentials of the task role', async () => {
    const seen: (ProtectionChange | undefined)[] = [];
    const call: CallProtection = async (of, credentials, change) => {
      assert.deepEqual([of.arn, credentials.accessKeyId], [task.arn, 'ASIA']);
      seen.push(change);
      const expirationDate = change && new Date('2026-01-01T01:00:00Z');
      return {
        protectedTasks: [
          { taskArn: task.arn, protectionEnabled: change !== undefined, ...(expirationDate && { expirationDate }) },
        ],
      };
    };
    assert.deepEqual(await ask({}, call), {
      status: 200,
      body: { protection: { ExpirationDate: null, ProtectionEnabled: false, TaskArn: task.arn } },
    });
    const change = { ProtectionEnabled: true, ExpiresInMinutes: 60 };
    assert.deepEqual((await ask(put(change), call))?.body, {
      protection: { ExpirationDate: '2026-01-01T01:00:00.000Z', ProtectionEnabled: true, TaskArn: task.arn },
    });
    assert.deepEqual(seen, [undefined, { protectionEnabled: true, expiresInMinutes: 60 }]);
  });

  it('passes failures and errors on', async () => {
    const failures = [{ arn: task.arn, reason: 'TASK_NOT_VALID', detail: 'd' }];
    assert.deepEqual(await ask({}, async () => ({ failures })), {
      status: 200,
      body: { failure: { Arn: task.arn, Reason: 'TASK_NOT_VALID', Detail: 'd' } },
    });
    const denied = Object.assign(new Error('User is not authorized'), {
      name: 'AccessDeniedException',
      $metadata: { httpStatusCode: 400, requestId: 'request-1' },
    });
    assert.deepEqual(await ask({}, () => Promise.reject(denied)), {
      status: 400,
      body: {
        requestID: 'request-1',
        error: { Arn: task.arn, Code: 'AccessDeniedException', Message: 'User is not authorized' },
      },
    });
    const late = Object.assign(new Error('late'), { name: 'TimeoutError' });
    assert.equal((await ask({}, () => Promise.reject(late)))?.status, 504);
  });

  it('refuses in the form of ECS', async () => {
    const refused = async (request: Partial<MetadataRequest>, hasRole = true) => {
      const answer = await ask(request, never, hasRole);
      return [answer?.status, (answer!.body as { error: { Code: string; Message: string } }).error.Message];
    };
    assert.deepEqual(await refused({}, false), [
      403,
      'Invalid Request: no task IAM role credentials available for task',
    ]);
    assert.deepEqual(await refused({ path: '/api/nobody/task-protection/v1/state' }), [
      404,
      'Failed to find a task for the request',
    ]);
    assert.deepEqual(await refused(put({})), [400, "Invalid request: does not contain 'ProtectionEnabled' field"]);
    for (const body of ['', '[]', '{"Other":1}', '{"ProtectionEnabled":"yes"}', '{"ExpiresInMinutes":1.5}']) {
      assert.deepEqual(await refused(put(body)), [400, 'UpdateTaskProtection: failed to decode request'], body);
    }
  });

  it('leaves other paths alone', async () => {
    assert.equal(await ask({ path: '/v4/container-id' }, never), undefined);
  });
});
