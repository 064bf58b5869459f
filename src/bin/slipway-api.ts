/** Slipway's own API as the commands call it: signed JSON, answers with times as dates. */
import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from '#agent/link/signing.ts';
import type { ExplainPlacementInput } from '#services/slipway/explain/subject.ts';
import { targetPrefix } from '#services/slipway/index.ts';
import type { CreateAccountInput, CreateAccountOutput } from '#services/slipway/operations/CreateAccount.ts';
import type { ExplainDenialInput, ExplainDenialOutput } from '#services/slipway/operations/ExplainDenial.ts';
import type { ExplainPlacementOutput } from '#services/slipway/operations/ExplainPlacement.ts';
import type {
  GetRegistryMaintenanceInput,
  GetRegistryMaintenanceOutput,
} from '#services/slipway/operations/GetRegistryMaintenance.ts';
import type {
  GetServiceHistoryInput,
  GetServiceHistoryOutput,
} from '#services/slipway/operations/GetServiceHistory.ts';
import type { GetTaskHistoryInput, GetTaskHistoryOutput } from '#services/slipway/operations/GetTaskHistory.ts';
import type { ListAccountsInput, ListAccountsOutput } from '#services/slipway/operations/ListAccounts.ts';
import type {
  ListServiceTaskHistoriesInput,
  ListServiceTaskHistoriesOutput,
} from '#services/slipway/operations/ListServiceTaskHistories.ts';
import type {
  StartRegistryMaintenanceInput,
  StartRegistryMaintenanceOutput,
} from '#services/slipway/operations/StartRegistryMaintenance.ts';
import type { ClientConfig } from './connection.ts';

export interface Operations {
  readonly StartRegistryMaintenance: {
    readonly input: StartRegistryMaintenanceInput;
    readonly output: StartRegistryMaintenanceOutput;
  };
  readonly GetRegistryMaintenance: {
    readonly input: GetRegistryMaintenanceInput;
    readonly output: GetRegistryMaintenanceOutput;
  };
  readonly CreateAccount: { readonly input: CreateAccountInput; readonly output: CreateAccountOutput };
  readonly ListAccounts: { readonly input: ListAccountsInput; readonly output: ListAccountsOutput };
  readonly ExplainDenial: { readonly input: ExplainDenialInput; readonly output: ExplainDenialOutput };
  readonly ExplainPlacement: { readonly input: ExplainPlacementInput; readonly output: ExplainPlacementOutput };
  readonly GetTaskHistory: { readonly input: GetTaskHistoryInput; readonly output: GetTaskHistoryOutput };
  readonly GetServiceHistory: { readonly input: GetServiceHistoryInput; readonly output: GetServiceHistoryOutput };
  readonly ListServiceTaskHistories: {
    readonly input: ListServiceTaskHistoriesInput;
    readonly output: ListServiceTaskHistoriesOutput;
  };
}

/** What the API answered instead of a result; `name` is the error's code. */
export class SlipwayApiError extends Error {
  readonly $metadata: { readonly httpStatusCode: number };

  constructor(code: string, message: string, httpStatusCode: number) {
    super(message);
    this.name = code;
    this.$metadata = { httpStatusCode };
  }
}

/** Members that the API answers as seconds since the epoch. */
const times = new Set(['time', 'createdAt', 'startedAt', 'stoppedAt', 'throttledUntil', 'endedAt']);

const withDates = (name: string, value: unknown) =>
  times.has(name) && typeof value === 'number' ? new Date(value * 1000) : value;

async function post(url: URL, headers: Record<string, string>, body: string): Promise<Response> {
  try {
    return await fetch(url, { method: 'POST', headers, body });
  } catch (error) {
    // fetch hides why behind "fetch failed".
    throw (error as Error).cause ?? error;
  }
}

/** Calls one operation. Throws SlipwayApiError. */
export async function callSlipway<Name extends keyof Operations>(
  config: Omit<ClientConfig, 'maxAttempts'>,
  operation: Name,
  input: Operations[Name]['input'],
): Promise<Operations[Name]['output']> {
  const url = new URL('/', config.endpoint);
  const body = JSON.stringify(input);
  const { region, credentials } = config;
  const signer = new SignatureV4({ service: 'slipway', region, credentials, sha256: Sha256 });
  const signed = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: '/',
    query: {},
    headers: {
      host: url.host,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `${targetPrefix}.${operation}`,
    },
    body,
  });
  const response = await post(url, signed.headers, body);
  const text = await response.text();
  if (response.ok) return JSON.parse(text, withDates);
  const { __type: code = 'UnknownError', message = text } = JSON.parse(text) as { __type?: string; message?: string };
  throw new SlipwayApiError(code, message, response.status);
}
