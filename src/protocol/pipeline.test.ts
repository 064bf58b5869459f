import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeClock } from '#lib/clock.ts';
import { type LogFields, silentLogger } from '#lib/logger.ts';
import { seededRandom } from '#lib/random.ts';
import type { AuthorizationRequest, Authorize, Permissions } from './authorize.ts';
import { AuthError } from './errors.ts';
import { createPipeline } from './pipeline.ts';
import { type Handler, type RequestContext, type ServiceDefinition, ServiceError } from './service.ts';
import type { WireRequest } from './wire.ts';

const Input = [3, 'ns', 'DoRequest', 0, ['name', 'count'], [0, 1], 1];
const Output = [3, 'ns', 'DoResponse', 0, ['text'], [0]];
const schemas = {
  Do$: [9, 'ns', 'Do', 0, () => Input, () => Output],
  Other$: [9, 'ns', 'Other', 0, () => Input, () => Output],
  GoneException$: [-3, 'ns', 'GoneException', { error: 'client', httpError: 410 }, ['message', 'why'], [0, 0]],
};
const principal = { account: '123456789012', arn: 'arn:aws:iam::123456789012:root', userId: 'U', accessKeyId: 'AKIA' };

interface Setup {
  readonly handler?: Handler;
  readonly durable?: () => Promise<void>;
  readonly authorize?: Authorize;
  readonly authenticate?: () => never;
  readonly load?: ServiceDefinition['load'];
  readonly globalRegion?: string;
  readonly permissions?: Readonly<Record<string, Permissions>>;
  readonly unsignedOperations?: readonly string[];
}

function setUp(setup: Setup = {}) {
  const logged: { message: string; fields: LogFields | undefined }[] = [];
  const service: ServiceDefinition = {
    name: 'svc',
    signingName: 'svc',
    hostPrefixes: ['svc'],
    targetPrefix: 'Svc',
    apiVersion: '2026-01-01',
    protocols: ['awsJson1_1', 'awsQuery'],
    ...(setup.globalRegion !== undefined && { globalRegion: setup.globalRegion }),
    ...(setup.unsignedOperations && { unsignedOperations: setup.unsignedOperations }),
    load:
      setup.load ??
      (async () => ({
        schemas,
        handlers: { Do: setup.handler ?? (() => ({})) },
        ...(setup.permissions && { permissions: setup.permissions }),
      })),
    deps: { dep: 1 },
  };
  const serve = createPipeline({
    services: [service],
    authenticate: setup.authenticate ?? ((request) => ({ principal, region: 'eu-west-1', payload: request.body })),
    authorize: setup.authorize ?? (() => ({ allowed: true })),
    openSession: () => ({ durable: setup.durable ?? (async () => {}) }),
    endpoint: () => 'http://fallback:1',
    clock: new FakeClock(),
    random: seededRandom(1),
    logger: { ...silentLogger, error: (message, fields) => logged.push({ message, fields }) },
  });
  return { serve, logged };
}

function request(body: string, more: Partial<WireRequest> = {}): WireRequest {
  return {
    method: 'POST',
    path: '/',
    query: '',
    headers: { host: 'here:4566', 'x-amz-target': 'Svc.Do', 'content-type': 'application/x-amz-json-1.1' },
    body: Buffer.from(body),
    remoteAddress: '127.0.0.1',
    signal: new AbortController().signal,
    ...more,
  };
}

const errorOf = (body: string | Uint8Array) => JSON.parse(String(body));

describe('the pipeline', () => {
  test('gives the handler the scope, its input and where the client addressed us', async () => {
    const seen: { ctx: RequestContext; input: unknown }[] = [];
    const { serve } = setUp({ handler: (ctx, input) => ({ text: seen.push({ ctx, input }) && 'ok', hidden: 1 }) });
    const reply = await serve(request('{"name":"n","unknown":1}'));
    assert.equal(reply.status, 200);
    assert.equal(reply.body, '{"text":"ok"}');
    const { ctx, input } = seen[0]!;
    assert.deepEqual(input, { name: 'n' });
    assert.deepEqual(
      [ctx.account, ctx.region, ctx.endpoint, ctx.operation],
      ['123456789012', 'eu-west-1', 'http://here:4566', 'Do'],
    );
    assert.equal(reply.headers['x-amzn-requestid'], ctx.requestId);
    await serve(request('{"name":"n"}', { headers: { ...request('').headers, host: 'a b' } }));
    assert.equal(seen[1]!.ctx.endpoint, 'http://fallback:1');
  });

  test('a global service has one region', async () => {
    let region = '';
    const handler: Handler = (ctx) => {
      region = ctx.region;
      return {};
    };
    await setUp({ handler, globalRegion: 'us-east-1' }).serve(request('{"name":"n"}'));
    assert.equal(region, 'us-east-1');
  });

  test('answers only when everything is durable, an error too', async () => {
    for (const handler of [
      () => ({}),
      () => {
        throw new ServiceError('X', 'x');
      },
    ]) {
      let release = () => {};
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      let answered = false;
      const { serve } = setUp({ handler, durable: () => gate });
      const reply = serve(request('{"name":"n"}')).then(() => {
        answered = true;
      });
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(answered, false);
      release();
      await reply;
    }
  });

  test('what cannot be made durable is an internal failure, never a success', async () => {
    const { serve, logged } = setUp({ durable: () => Promise.reject(new Error('disk')) });
    const reply = await serve(request('{"name":"n"}'));
    assert.equal(reply.status, 500);
    assert.equal(errorOf(reply.body).__type, 'InternalFailure');
    assert.equal(logged.length, 1);
  });

  test('an internal failure says nothing of its cause and is logged with it', async () => {
    const handler = () => {
      throw new Error('secret detail');
    };
    const { serve, logged } = setUp({ handler });
    const reply = await serve(request('{"name":"n"}'));
    assert.equal(reply.status, 500);
    assert.doesNotMatch(String(reply.body), /secret detail/);
    assert.equal(logged[0]!.fields!['requestId'], reply.headers['x-amzn-requestid']);
    assert.match(String(logged[0]!.fields!['error']), /secret detail/);
  });

  test('a modelled error has its status and members', async () => {
    const handler = () => {
      throw new ServiceError('GoneException', 'it went', { members: { why: 'old' } });
    };
    const reply = await setUp({ handler }).serve(request('{"name":"n"}'));
    assert.equal(reply.status, 410);
    assert.deepEqual(errorOf(reply.body), { __type: 'GoneException', why: 'old', message: 'it went' });
  });

  test('asks for permission before anything is done', async () => {
    let called = false;
    const asked: unknown[] = [];
    const { serve } = setUp({
      handler: () => {
        called = true;
        return {};
      },
      authorize: (question) => {
        asked.push(question);
        return { allowed: false, message: 'no' };
      },
    });
    const reply = await serve(request('{"name":"n"}'));
    assert.deepEqual([reply.status, errorOf(reply.body)], [400, { __type: 'AccessDeniedException', message: 'no' }]);
    const [{ requestId, ...question }] = asked as [AuthorizationRequest];
    assert.match(requestId, /^[0-9a-f-]{36}$/);
    assert.deepEqual(question, {
      principal,
      region: 'eu-west-1',
      sourceIp: '127.0.0.1',
      userAgent: '',
      secure: false,
      permissions: [{ action: 'svc:Do', resource: '*' }],
    });
    assert.equal(called, false);
  });

  test('asks for what the service says, and for what the handler asks besides', async () => {
    const asked: string[][] = [];
    const { serve } = setUp({
      permissions: { Do: (_ctx, { name }) => [{ action: 'svc:Do', resource: `arn:${name}` }] },
      handler: ({ require }) => {
        require({ action: 'svc:Pass', resource: 'arn:role' });
        return {};
      },
      authorize: ({ permissions }) => {
        asked.push(permissions.map(({ action, resource }) => `${action} ${resource}`));
        return asked.length < 2 ? { allowed: true } : { allowed: false, failure: 'unknownKey', message: 'no' };
      },
    });
    const reply = await serve(request('{"name":"n"}'));
    assert.deepEqual(asked, [['svc:Do arn:n'], ['svc:Pass arn:role']]);
    assert.equal(errorOf(reply.body).__type, 'UnrecognizedClientException');
  });

  test('asks for no more than a thousand resources', async () => {
    const permissions = { Do: () => Array(200_000).fill({ action: 'svc:Do', resource: '*' }) };
    const { serve } = setUp({ permissions });
    const reply = await serve(request('{"name":"n"}'));
    assert.equal(errorOf(reply.body).__type, 'ValidationException');
  });

  test('takes operations that nobody signs as calls of nobody, in the region of the host', async () => {
    const seen: [account: string, region: string][] = [];
    const authenticate = () => {
      throw new AuthError('missingToken', 'no');
    };
    const { serve } = setUp({
      authenticate,
      unsignedOperations: ['Do'],
      handler: ({ account, region }) => {
        seen.push([account, region]);
        return {};
      },
    });
    const from = (host: string) => serve(request('{"name":"n"}', { headers: { ...request('').headers, host } }));
    assert.equal((await from('svc.eu-west-1.example.org:4566')).status, 200);
    assert.equal((await from('127.0.0.1:4566')).status, 200);
    assert.deepEqual(seen, [
      ['', 'eu-west-1'],
      ['', 'us-east-1'],
    ]);
  });

  test('refuses by protocol: JSON and Query have codes of their own', async () => {
    const authenticate = () => {
      throw new AuthError('unknownKey', 'invalid');
    };
    const { serve } = setUp({ authenticate });
    assert.equal(errorOf((await serve(request('{"name":"n"}'))).body).__type, 'UnrecognizedClientException');
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const query = await serve(request('Action=Do&Version=2026-01-01&name=n', { headers }));
    assert.deepEqual([query.status, /<Code>(.*)<\/Code>/.exec(String(query.body))?.[1]], [403, 'InvalidClientTokenId']);
  });

  test('missing members, operations that are not there, and not here', async () => {
    const { serve } = setUp();
    assert.deepEqual(errorOf((await serve(request('{}'))).body), {
      __type: 'ValidationException',
      message:
        "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
    });
    const call = (target: string) =>
      serve(request('{}', { headers: { ...request('').headers, 'x-amz-target': target } }));
    assert.equal(errorOf((await call('Svc.Other')).body).__type, 'NotImplemented');
    assert.equal(errorOf((await call('Svc.Never')).body).__type, 'UnknownOperationException');
    assert.equal(errorOf((await call('Else.Do')).body).__type, 'UnknownOperationException');
    assert.equal((await serve(request('', { exceededLimitBytes: 5 }))).status, 413);
  });

  test('a service that could not be loaded is tried again', async () => {
    let tries = 0;
    const load = async () => {
      tries += 1;
      if (tries === 1) throw new Error('not yet');
      return { schemas, handlers: { Do: () => ({}) } };
    };
    const { serve } = setUp({ load });
    assert.equal((await serve(request('{"name":"n"}'))).status, 500);
    assert.equal((await serve(request('{"name":"n"}'))).status, 200);
  });
});
