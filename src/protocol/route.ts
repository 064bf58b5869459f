/**
 * Which service, protocol and operation a request is for: by `X-Amz-Target` (JSON), by `Action` and `Version` (Query),
 * with the service of the credential scope deciding between services that share a form, and the host where there is no
 * signature. REST protocols, which route by method and path, join here.
 */
import { awsJson10, awsJson11 } from './codecs/aws-json.ts';
import { awsQuery } from './codecs/aws-query.ts';
import type { Codec } from './codecs/codec.ts';
import { formOf, isForm } from './codecs/form.ts';
import { missingAction, unknownOperation } from './errors.ts';
import { type ServiceDefinition, ServiceError, type WireProtocol } from './service.ts';
import { signingServiceOf } from './sigv4/parse.ts';
import { header, type WireRequest } from './wire.ts';

export interface Route {
  readonly service: ServiceDefinition;
  readonly codec: Codec;
  readonly operationName: string;
}

export interface Router {
  /** Throws a ServiceError when no service is meant. */
  route(request: WireRequest): Route;
  /** In what form to answer a request that could not be routed. */
  codecFor(request: WireRequest): Codec;
}

const codecs: Partial<Record<WireProtocol, Codec>> = { awsJson1_0: awsJson10, awsJson1_1: awsJson11, awsQuery };

const jsonVersion = /^application\/x-amz-json-1\.([01])/;

function codecFor(request: WireRequest): Codec {
  const contentType = header(request.headers, 'content-type') ?? '';
  if (jsonVersion.exec(contentType)?.[1] === '0') return awsJson10;
  const speaksQuery = isForm(request) || /(?:^|&)(?:Action|X-Amz-Algorithm)=/.test(request.query);
  return speaksQuery && request.headers['x-amz-target'] === undefined ? awsQuery : awsJson11;
}

export function createRouter(services: readonly ServiceDefinition[]): Router {
  const byTarget = new Map(
    services.flatMap((service) => (service.targetPrefix ? [[service.targetPrefix, service]] : [])),
  );
  const bySigningName = (name: string) => services.filter((service) => service.signingName === name);

  function byHost(request: WireRequest): ServiceDefinition[] {
    const prefix = header(request.headers, 'host')?.split(/[.:]/, 1)[0];
    return services.filter((service) => prefix !== undefined && service.hostPrefixes.includes(prefix));
  }

  function jsonRoute(request: WireRequest, target: string): Route {
    const dot = target.lastIndexOf('.');
    const service = byTarget.get(target.slice(0, Math.max(0, dot)));
    const asked = codecFor(request);
    if (!service) throw noService(target);
    const codec = service.protocols.includes(asked.protocol) ? asked : jsonCodecOf(service);
    return { service, codec, operationName: target.slice(dot + 1) };
  }

  function jsonCodecOf(service: ServiceDefinition): Codec {
    const protocol = service.protocols.find((name) => name.startsWith('awsJson'));
    return (protocol && codecs[protocol]) ?? awsJson11;
  }

  function queryRoute(request: WireRequest): Route {
    const form = formOf(request);
    const action = form.get('Action') ?? '';
    const version = form.get('Version');
    const signingName = signingServiceOf(request);
    const named = signingName === undefined ? byHost(request) : bySigningName(signingName);
    const speakers = (named.length > 0 ? named : services).filter((service) => service.protocols.includes('awsQuery'));
    const service = speakers.find((one) => one.apiVersion === version) ?? (named.length > 0 ? speakers[0] : undefined);
    if (action === '') throw missingAction();
    if (!service || (version !== undefined && version !== service.apiVersion)) {
      throw unknownOperation('awsQuery', action, version);
    }
    return { service, codec: awsQuery, operationName: action };
  }

  return {
    codecFor,
    route(request) {
      if (request.path !== '/' && request.path !== '') {
        throw noService(`${request.method} ${request.path}`, 404);
      }
      const target = header(request.headers, 'x-amz-target');
      if (target !== undefined) return jsonRoute(request, target);
      if (isForm(request) || /(?:^|&)Action=/.test(request.query)) return queryRoute(request);
      throw unknownOperation('awsJson1_1', '');
    },
  };
}

const noService = (what: string, httpStatus?: number) =>
  new ServiceError(
    'UnknownOperationException',
    `No service of Slipway answers ${what.slice(0, 200)}. docs/compatibility.md lists the services that there are.`,
    httpStatus === undefined ? {} : { httpStatus },
  );
