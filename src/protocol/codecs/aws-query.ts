/**
 * awsQuery: a form with `Action` and `Version` in, XML out. https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
import { escapeXml, xmlEncoder } from '../schema/xml.ts';
import type { WireReply } from '../wire.ts';
import type { Codec, WireError } from './codec.ts';
import { formOf, toTree } from './form.ts';
import { queryDecoder } from './query-decode.ts';

function reply(status: number, requestId: string, body: string): WireReply {
  return { status, headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId }, body };
}

function errorBody(error: WireError, requestId: string, namespace: string | undefined): string {
  const xmlns = namespace === undefined ? '' : ` xmlns="${escapeXml(namespace)}"`;
  const detail = error.shape ? xmlEncoder(error.shape)(withoutMessage(error.members)) : '';
  return (
    `<ErrorResponse${xmlns}><Error><Type>${error.fault === 'client' ? 'Sender' : 'Receiver'}</Type>` +
    `<Code>${escapeXml(error.queryError?.[0] ?? error.code)}</Code><Message>${escapeXml(error.message)}</Message>${detail}</Error>` +
    `<RequestId>${requestId}</RequestId></ErrorResponse>`
  );
}

const withoutMessage = ({ message: _, Message: __, ...members }: Readonly<Record<string, unknown>>) => members;

export const awsQuery: Codec = {
  protocol: 'awsQuery',
  compile: (service, operation) => {
    const decode = queryDecoder(operation.input);
    const encode = xmlEncoder(operation.output);
    const hasOutput = operation.output.name !== 'Unit';
    const open = `<${operation.name}Response xmlns="${escapeXml(service.xmlNamespace ?? '')}">`;
    const result = `${operation.name}Result`;
    return {
      decode: (request) => decode(toTree(formOf(request))) as Record<string, unknown>,
      encode: (output, requestId) => {
        const content = hasOutput ? `<${result}>${encode(output ?? {})}</${result}>` : '';
        const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
        return reply(200, requestId, `${open}${content}${metadata}</${operation.name}Response>`);
      },
    };
  },
  encodeError: (error, requestId, service) =>
    reply(error.queryError?.[1] ?? error.httpStatus, requestId, errorBody(error, requestId, service?.xmlNamespace)),
};
