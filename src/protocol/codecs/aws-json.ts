/**
 * awsJson 1.0 and 1.1: POST / with `X-Amz-Target: <prefix>.<Operation>`, JSON both ways, timestamps as epoch seconds.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
 */
import { serializationError } from '../errors.ts';
import { jsonDecoder, jsonEncoder } from '../schema/json.ts';
import type { WireReply } from '../wire.ts';
import type { Codec, WireError } from './codec.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parseBody(payload: Buffer): unknown {
  if (payload.length === 0) return {};
  try {
    return JSON.parse(utf8.decode(payload));
  } catch {
    throw serializationError('The request body is not a JSON document.');
  }
}

function reply(contentType: string, status: number, requestId: string, body: string): WireReply {
  return { status, headers: { 'content-type': contentType, 'x-amzn-requestid': requestId }, body };
}

function errorBody(error: WireError): string {
  const modelled = error.shape ? (jsonEncoder(error.shape)(error.members) as Record<string, unknown>) : {};
  const messageName = error.shape?.members.find((member) => member.name.toLowerCase() === 'message')?.name ?? 'message';
  return JSON.stringify({ __type: error.code, ...modelled, [messageName]: error.message });
}

function createAwsJson(version: '1.0' | '1.1'): Codec {
  const contentType = `application/x-amz-json-${version}`;
  return {
    protocol: version === '1.0' ? 'awsJson1_0' : 'awsJson1_1',
    compile: (_service, operation) => {
      const decode = jsonDecoder(operation.input);
      const encode = jsonEncoder(operation.output);
      return {
        decode: (_request, payload) => decode(parseBody(payload)) as Record<string, unknown>,
        encode: (output, requestId) => reply(contentType, 200, requestId, JSON.stringify(encode(output ?? {}))),
      };
    },
    encodeError: (error, requestId) => reply(contentType, error.httpStatus, requestId, errorBody(error)),
  };
}

export const awsJson10 = createAwsJson('1.0');
export const awsJson11 = createAwsJson('1.1');
