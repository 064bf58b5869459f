/**
 * The way of every API request: route → authenticate → decode → validate → authorize → invoke → encode. It knows the
 * wire and no service.
 *
 * - A reply leaves only when all that its handler wrote or read is durable, errors included.
 * - Bad input is answered in the client's own protocol with AWS's code, never as an internal failure. An internal
 *   failure is answered without its cause; the cause goes to the log under the request id.
 * - The principal's account and the region of the credential scope are the only scope that a handler is given.
 */
import type { Clock } from '#lib/clock.ts';
import { uuid } from '#lib/ids.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import type { Authenticate, Identity } from './authenticate.ts';
import type { Authorize, Permission, RequestFacts } from './authorize.ts';
import type { WireError } from './codecs/codec.ts';
import {
  AuthError,
  missingMembers,
  notImplemented,
  rateExceeded,
  requestTooLarge,
  tooManyResources,
  toServiceError,
  unknownOperation,
} from './errors.ts';
import { createRouter, type Route } from './route.ts';
import { type RequestContext, type ServiceDefinition, ServiceError } from './service.ts';
import { createServiceModels, type ServiceModel } from './service-model.ts';
import type { Throttle } from './throttle.ts';
import { header, type WireReply, type WireRequest } from './wire.ts';

export interface PipelineOptions {
  readonly services: readonly ServiceDefinition[];
  readonly authenticate: Authenticate;
  readonly authorize: Authorize;
  /** Refuses calls that come too often; absent: none does. */
  readonly throttle?: Throttle | undefined;
  /** The store as one request sees it. */
  readonly openSession: () => { durable(): Promise<void> };
  /** Our own base URL, for requests whose Host header is of no use. */
  readonly endpoint: () => string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export type Serve = (request: WireRequest) => Promise<WireReply>;

export function createPipeline(options: PipelineOptions): Serve {
  const { clock, random } = options;
  const router = createRouter(options.services);
  const models = createServiceModels();

  return async function serve(request) {
    const requestId = uuid(random);
    let route: Route | undefined;
    let session: { durable(): Promise<void> } | undefined;
    try {
      if (request.exceededLimitBytes !== undefined) throw requestTooLarge(request.exceededLimitBytes);
      route = router.route(request);
      const { service, codec, operationName } = route;
      const model = models.loaded(service) ?? (await models.get(service));
      const operation = model.operation(codec, operationName);
      if (!operation) throw unknownOperation(codec.protocol, operationName, service.apiVersion);

      const identity = service.unsignedOperations?.includes(operationName)
        ? unsignedIdentity(request)
        : options.authenticate(request, service.signingName);
      const principal = identity.principal;
      const region = service.globalRegion ?? identity.region;

      const call = { service: service.name, operation: operationName, account: principal.account, region };
      if (options.throttle?.(call) === false) throw rateExceeded(codec.protocol);

      const action = `${service.name}:${operationName}`;
      if (!operation.handler) throw notImplemented(service.name, operationName);
      const input = operation.decode(request, identity.payload);

      const missing = operation.missing(input);
      if (missing.length > 0) {
        throw service.missingMembers?.(operationName, missing) ?? missingMembers(codec.protocol, missing);
      }

      session = options.openSession();
      const facts: RequestFacts = {
        requestId,
        region,
        sourceIp: request.remoteAddress,
        userAgent: header(request.headers, 'user-agent') ?? '',
        secure: request.secure ?? false,
      };
      const requireAll = (permissions: readonly Permission[]) => {
        if (permissions.length > maxPermissions) throw tooManyResources(codec.protocol, maxPermissions);
        const decision = options.authorize({ ...facts, principal, permissions });
        if (!decision.allowed) throw new AuthError(decision.failure ?? 'accessDenied', decision.message);
      };
      const context: RequestContext = {
        ...facts,
        principal,
        account: principal.account,
        service: service.name,
        operation: operationName,
        clock,
        random,
        get logger() {
          return options.logger.with({ requestId, action });
        },
        store: session,
        deps: service.deps,
        endpoint: endpointOf(request) ?? options.endpoint(),
        require: (...permissions) => requireAll(permissions),
        get signal() {
          return request.signal;
        },
      };
      const needed = operation.permissions(context, input);
      requireAll(Array.isArray(needed) ? needed : [needed]);
      const output = await operation.handler(context, input);

      const reply = operation.encode(output, requestId);
      await session.durable();
      return reply;
    } catch (caught) {
      const error = await settled(caught, session);
      return encodeFailure(error, requestId, request, route);
    }
  };

  /** What the handler threw, or the failure to make durable what it did before. */
  async function settled(error: unknown, session: { durable(): Promise<void> } | undefined): Promise<unknown> {
    try {
      await session?.durable();
      return error;
    } catch (failure) {
      return failure;
    }
  }

  function encodeFailure(error: unknown, requestId: string, request: WireRequest, route: Route | undefined): WireReply {
    const codec = route?.codec ?? router.codecFor(request);
    const known = error instanceof AuthError ? toServiceError(error, codec.protocol) : error;
    if (!(known instanceof ServiceError) || known.fault === 'server') {
      options.logger.error('a request failed', {
        requestId,
        service: route?.service.name,
        operation: route?.operationName,
        error,
      });
    }
    const model = route && models.loaded(route.service);
    return codec.encodeError(toWireError(known, model), requestId, route?.service);
  }
}

/** No operation of AWS takes so many names; each costs a decision, and a request's size would be the only limit. */
const maxPermissions = 1_000;

const regionInHost = /^[^.]+\.([a-z]{2}(?:-[a-z]+)+-\d)\./;

/** Of a caller who signs nothing: the region is the one in the host's name, as at AWS, else the oldest. */
function unsignedIdentity(request: WireRequest): Identity {
  const region = regionInHost.exec(header(request.headers, 'host') ?? '')?.[1] ?? 'us-east-1';
  return { principal: { account: '', arn: '', userId: '', accessKeyId: '' }, region, payload: request.body };
}

const hostHeader = /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

function endpointOf(request: WireRequest): string | undefined {
  const host = header(request.headers, 'host');
  return host !== undefined && hostHeader.test(host) ? `${request.secure ? 'https' : 'http'}://${host}` : undefined;
}

function toWireError(error: unknown, model: ServiceModel | undefined): WireError {
  if (!(error instanceof ServiceError)) {
    return {
      code: 'InternalFailure',
      message: 'The request processing has failed because of an unknown error, exception or failure.',
      fault: 'server',
      httpStatus: 500,
      members: {},
    };
  }
  const shape = model?.errorShape(error.code);
  const modelledStatus = shape?.traits['httpError'] as number | undefined;
  const queryError = shape?.traits['awsQueryError'] as readonly [string, number] | undefined;
  return {
    code: error.code,
    message: error.message,
    fault: error.fault,
    httpStatus: error.httpStatus ?? modelledStatus ?? (error.fault === 'client' ? 400 : 500),
    ...(queryError && { queryError }),
    ...(shape && { shape }),
    members: error.members,
  };
}
