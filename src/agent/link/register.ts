import {
  type Attribute,
  CreateClusterCommand,
  type ECSClient,
  RegisterContainerInstanceCommand,
  type Resource,
} from '@aws-sdk/client-ecs';
import { type Backoff, backoffMs } from '#lib/backoff.ts';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';

/** The control plane will not have this instance, however often it is asked. */
export class TerminalError extends Error {}

export interface Registration {
  readonly ecs: ECSClient;
  readonly cluster: string;
  /** No cluster was configured: `default` is made when it is missing. */
  readonly mayCreateCluster: boolean;
  /** Of an earlier registration. */
  readonly containerInstanceArn?: string;
  readonly clientToken: string;
  readonly attributes: readonly Attribute[];
  readonly resources: readonly Resource[];
  readonly tags: Readonly<Record<string, string>>;
  /** Of a machine that is an instance. */
  readonly identityDocument?: () => Promise<string>;
  readonly versionInfo: { readonly agentVersion: string; readonly agentHash: string; readonly dockerVersion: string };
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const retry: Backoff = { firstMs: 500, maxMs: 30_000, factor: 2, jitter: 0.2 };
const terminalErrors: ReadonlySet<string> = new Set([
  'ClientException',
  'InvalidParameterException',
  'AccessDeniedException',
  'UnrecognizedClientException',
  'InvalidSignatureException',
]);

function checkEcho(sent: readonly Attribute[], echoed: readonly Attribute[] | undefined): void {
  const values = new Map((echoed ?? []).map((attribute) => [attribute.name, attribute.value]));
  const lost = sent.find((attribute) => attribute.value && values.get(attribute.name) !== attribute.value);
  if (lost) throw new TerminalError(`Attribute validation failed: ${lost.name}=${lost.value} was not accepted`);
}

/** Agents send a clientToken that the published shape of the call lacks: it goes into the JSON text. */
function addClientToken(command: RegisterContainerInstanceCommand, clientToken: string): void {
  command.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { body: string | Uint8Array };
      const text = typeof request.body === 'string' ? request.body : new TextDecoder().decode(request.body);
      request.body = JSON.stringify({ ...JSON.parse(text), clientToken });
      return next(args);
    },
    { step: 'build', priority: 'high', name: 'addClientToken' },
  );
}

async function once(registration: Registration): Promise<string> {
  const { ecs, cluster, containerInstanceArn, attributes, tags } = registration;
  const tagList = Object.entries(tags).map(([key, value]) => ({ key, value }));
  const command = new RegisterContainerInstanceCommand({
    cluster,
    ...(containerInstanceArn ? { containerInstanceArn } : {}),
    totalResources: [...registration.resources],
    attributes: [...attributes],
    versionInfo: { ...registration.versionInfo },
    ...(tagList.length ? { tags: tagList } : {}),
    ...(registration.identityDocument ? { instanceIdentityDocument: await registration.identityDocument() } : {}),
  });
  addClientToken(command, registration.clientToken);
  const answer = await ecs.send(command, { abortSignal: registration.signal });
  const arn = answer.containerInstance?.containerInstanceArn;
  if (!arn) throw new Error('RegisterContainerInstance answered no container instance');
  checkEcho(attributes, answer.containerInstance?.attributes);
  return arn;
}

/**
 * Registers this machine and answers its container instance ARN. Keeps trying while the control plane is away or
 * overloaded; throws `TerminalError` when it says no.
 */
export async function register(registration: Registration): Promise<string> {
  const { clock, cluster, logger, random, signal } = registration;
  for (let failures = 1; ; failures++) {
    signal.throwIfAborted();
    try {
      return await once(registration);
    } catch (error) {
      if (signal.aborted || error instanceof TerminalError) throw error;
      const { name, message } = error as Error;
      if (registration.mayCreateCluster && message.includes('Cluster not found.')) {
        logger.info('creating the cluster', { cluster });
        await registration.ecs.send(new CreateClusterCommand({ clusterName: cluster }), { abortSignal: signal });
        continue;
      }
      if (terminalErrors.has(name))
        throw new TerminalError(`registration was refused: ${name}: ${message}`, { cause: error });
      logger.warn('registration failed; trying again', { name, message });
      await clock.sleep(backoffMs(retry, failures, random), signal);
    }
  }
}
