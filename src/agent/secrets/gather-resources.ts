/**
 * Gathers what a task needs before its containers are made: secrets from Parameter Store and Secrets Manager, credentials
 * of registries. Asked with the task's execution role; a task without one asks ECR with the instance's own role, as on
 * AWS. Values are handed over and kept nowhere here; failures are worded as ECS words them.
 *
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html
 */
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { parseImageName, parseRepositoryPath } from '#images/image-name.ts';
import type { Clock } from '#lib/clock.ts';
import type { AgentContainer, AgentSecret, RoleCredentials } from '#model/agent-messages.ts';
import type { RegistryAuth } from '../engine-api/engine.ts';
import type { CredentialProvider } from '../link/signing.ts';
import { type ContainerResources, type GatherResources, TaskResourceError } from '../task-engine/task-resources.ts';
import { fetchParameters } from './parameters.ts';
import { RegistryTokens } from './registry-tokens.ts';
import { CallError, callWithRetries, describeFailure, FinalError } from './retry.ts';
import { parseSecretReference, type SecretReference } from './secret-reference.ts';

export interface GatherDeps {
  /** Base URL of the control plane. */
  readonly endpoint: string;
  /** The instance's own. */
  readonly credentials: CredentialProvider;
  readonly clock: Clock;
}

const prefix =
  'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed';

function failure(what: string, error: unknown, describe: (cause: unknown) => string): unknown {
  if (!(error instanceof CallError)) return error;
  const text = `${prefix}: unable to retrieve ${what}: service call has been retried ${error.tries} time(s): ${describe(error.cause)}`;
  return new TaskResourceError(text, { cause: error });
}

const secretsManager = {
  service: 'Secrets Manager',
  operation: 'GetSecretValue',
  modelled: [
    'ResourceNotFoundException',
    'InvalidParameterException',
    'InvalidRequestException',
    'DecryptionFailure',
    'InternalServiceError',
  ],
};
const parameterStore = {
  service: 'SSM',
  operation: 'GetParameters',
  modelled: ['InternalServerError', 'InvalidKeyId'],
};
const registry = {
  service: 'ECR',
  operation: 'GetAuthorizationToken',
  modelled: ['ServerException', 'InvalidParameterException'],
};

const loadSecretsManager = () => import('@aws-sdk/client-secrets-manager');
const loadSsm = () => import('@aws-sdk/client-ssm');

/** One task's calls, with one role. */
class Gathering {
  readonly #deps: GatherDeps;
  readonly #role: RoleCredentials;
  readonly #signal: AbortSignal;
  readonly #secrets = new Map<string, Promise<string>>();

  constructor(deps: GatherDeps, role: RoleCredentials, signal: AbortSignal) {
    this.#deps = deps;
    this.#role = role;
    this.#signal = signal;
  }

  #config(region: string) {
    const { accessKeyId, secretAccessKey, sessionToken } = this.#role;
    const credentials = { accessKeyId, secretAccessKey, sessionToken };
    return { endpoint: this.#deps.endpoint, region, credentials, maxAttempts: 1 };
  }

  /** Of one region, by `valueFrom`. */
  async parameters(region: string, names: readonly string[]): Promise<Map<string, string>> {
    const { SSMClient } = await loadSsm();
    const client = new SSMClient(this.#config(region));
    try {
      return await callWithRetries(this.#deps.clock, this.#signal, () => fetchParameters(client, names, this.#signal));
    } catch (error) {
      throw failure('secrets from ssm', error, (cause) => describeFailure(cause, parameterStore));
    } finally {
      client.destroy();
    }
  }

  async #fetch(client: SecretsManagerClient, { secretId, versionStage, versionId }: SecretReference): Promise<string> {
    const { GetSecretValueCommand } = await loadSecretsManager();
    const answer = await client.send(
      new GetSecretValueCommand({ SecretId: secretId, VersionStage: versionStage, VersionId: versionId }),
      { abortSignal: this.#signal },
    );
    if (answer.SecretString === undefined) throw new FinalError(`secret ${secretId} has no text`);
    return answer.SecretString;
  }

  /** Containers that name the same secret share one call. */
  #text(region: string, reference: SecretReference): Promise<string> {
    const key = [region, reference.secretId, reference.versionStage, reference.versionId].join(' ');
    let text = this.#secrets.get(key);
    if (!text) {
      text = (async () => {
        const { SecretsManagerClient } = await loadSecretsManager();
        const client = new SecretsManagerClient(this.#config(region));
        try {
          return await callWithRetries(this.#deps.clock, this.#signal, () => this.#fetch(client, reference));
        } finally {
          client.destroy();
        }
      })();
      this.#secrets.set(key, text);
    }
    return text;
  }

  async secret(region: string, valueFrom: string, read: (text: string, jsonKey?: string) => string): Promise<string> {
    const reference = parseSecretReference(valueFrom);
    try {
      if (!reference) throw new CallError(1, new FinalError(`unexpected ARN format of secret ${valueFrom}`));
      const text = await this.#text(region, reference);
      try {
        return read(text, reference.jsonKey);
      } catch (error) {
        throw new CallError(1, error);
      }
    } catch (error) {
      throw failure('secret from asm', error, (cause) =>
        cause instanceof FinalError
          ? cause.message
          : `failed to fetch secret ${reference?.secretId} from secrets manager: ${describeFailure(cause, secretsManager)}`,
      );
    }
  }
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // What a parser says may quote the secret.
    throw new FinalError('the value retrieved from Secrets Manager is not valid JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FinalError('the value retrieved from Secrets Manager is not a JSON object');
  return value as Record<string, unknown>;
}

function readValue(text: string, jsonKey?: string): string {
  if (jsonKey === undefined) return text;
  const members = parseObject(text);
  const value = Object.hasOwn(members, jsonKey) ? members[jsonKey] : undefined;
  if (value === undefined)
    throw new FinalError(`retrieved secret from Secrets Manager did not contain json key ${jsonKey}`);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Checked here, and taken apart again by its user. */
function readLogin(text: string): string {
  const { username, password } = parseObject(text);
  if (typeof username !== 'string' || typeof password !== 'string')
    throw new FinalError("the secret of private registry credentials needs the json keys 'username' and 'password'");
  return JSON.stringify({ username, password });
}

/** Anybody may pull it. */
function isPublicImage(image: string): boolean {
  const name = parseImageName(image);
  return name?.host !== undefined && parseRepositoryPath(name.host, name.path)?.kind === 'public';
}

const hostOf = (image: string): string | undefined => {
  const first = image.split('/')[0]!;
  return image.includes('/') && (/[.:]/.test(first) || first === 'localhost') ? first : undefined;
};

function needsRole(container: AgentContainer): boolean {
  const auth = container.registryAuthentication;
  return (container.secrets?.length ?? 0) > 0 || auth?.type === 'asm' || auth?.ecrAuthData.useExecutionRole === true;
}

async function parametersOf(gathering: Gathering | undefined, secrets: readonly AgentSecret[]) {
  const byRegion = new Map<string, Set<string>>();
  for (const { provider, region, valueFrom } of secrets) {
    if (provider === 'ssm') byRegion.set(region, (byRegion.get(region) ?? new Set()).add(valueFrom));
  }
  const found = await Promise.all(
    [...byRegion].map(async ([region, names]) => [region, await gathering!.parameters(region, [...names])] as const),
  );
  return new Map(found);
}

export function createGatherResources(deps: GatherDeps): GatherResources {
  const tokens = new RegistryTokens(deps);

  async function registryAuth(
    container: AgentContainer,
    gathering: Gathering | undefined,
    role: RoleCredentials | undefined,
    signal: AbortSignal,
  ): Promise<RegistryAuth | undefined> {
    const given = container.registryAuthentication;
    const serverAddress = hostOf(container.image);
    const server = serverAddress ? { serverAddress } : {};
    if (given?.type === 'asm') {
      const { region, credentialsParameter } = given.asmAuthData;
      const login = await gathering!.secret(region, credentialsParameter, readLogin);
      return { ...(JSON.parse(login) as { username: string; password: string }), ...server };
    }
    if (given?.type !== 'ecr' || isPublicImage(container.image)) return undefined;
    try {
      const data = given.ecrAuthData;
      return { ...(await tokens.get(data, data.useExecutionRole ? role : undefined, signal)), ...server };
    } catch (error) {
      throw failure('ecr registry auth', error, (cause) => describeFailure(cause, registry));
    }
  }

  return async (task, credentials, signal) => {
    const role = task.containers.some(needsRole)
      ? await credentials.whenHere(task.arn, 'TaskExecution', signal)
      : undefined;
    const gathering = role && new Gathering(deps, role, signal);
    const parameters = await parametersOf(
      gathering,
      task.containers.flatMap((container) => container.secrets ?? []),
    );
    const resolve = async ({ provider, region, valueFrom }: AgentSecret): Promise<string> =>
      provider === 'ssm' ? parameters.get(region)!.get(valueFrom)! : gathering!.secret(region, valueFrom, readValue);
    const resources = task.containers.map(async (container): Promise<readonly [string, ContainerResources]> => {
      const values = { CONTAINER: {} as Record<string, string>, LOG_DRIVER: {} as Record<string, string> };
      for (const secret of container.secrets ?? []) values[secret.target][secret.name] = await resolve(secret);
      const auth = await registryAuth(container, gathering, role, signal);
      const found = { environment: values.CONTAINER, logOptions: values.LOG_DRIVER };
      return [container.name, auth ? { ...found, registryAuth: auth } : found];
    });
    return new Map(await Promise.all(resources));
  };
}
