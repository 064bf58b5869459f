/** What agents send, read with care: an agent is another program, maybe a broken one. Undefined for what is not a message. */
import type {
  AcsAgentMessage,
  PublishHealthRequest,
  PublishInstanceStatusRequest,
  PublishMetricsRequest,
  TaskManifestEntry,
  TcsAgentMessage,
} from '#model/agent-messages.ts';

export type AcsMessage = AcsAgentMessage;

interface RawEnvelope {
  readonly type: string;
  readonly message: Readonly<Record<string, unknown>>;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const objects = (value: unknown): Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.filter(isObject) : [];

function parseEnvelope(json: string): RawEnvelope | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!isObject(parsed) || typeof parsed['type'] !== 'string' || !isObject(parsed['message'])) return undefined;
  return { type: parsed['type'], message: parsed['message'] };
}

const manifestEntries = (value: unknown): TaskManifestEntry[] =>
  objects(value)
    .filter((entry) => text(entry['taskArn']) !== '')
    .map((entry) => ({
      taskArn: text(entry['taskArn']),
      taskClusterArn: text(entry['taskClusterArn']),
      desiredStatus: 'STOPPED',
    }));

export function parseAcsMessage(json: string): AcsMessage | undefined {
  const envelope = parseEnvelope(json);
  if (!envelope) return undefined;
  const { type, message } = envelope;
  const messageId = text(message['messageId']);
  const ack = {
    cluster: text(message['cluster']),
    containerInstance: text(message['containerInstance']),
    messageId,
  };
  switch (type) {
    case 'AckRequest':
      return { type, message: ack };
    case 'NackRequest':
      return { type, message: { ...ack, reason: text(message['reason']) } };
    case 'HeartbeatAckRequest':
      return { type, message: { messageId } };
    case 'IAMRoleCredentialsAckRequest': {
      const credentialsId = text(message['credentialsId']);
      return { type, message: { messageId, credentialsId, expiration: text(message['expiration']) } };
    }
    case 'TaskStopVerificationMessage':
      return { type, message: { messageId, stopCandidates: manifestEntries(message['stopCandidates']) } };
    default:
      return undefined;
  }
}

const healthWords = ['HEALTHY', 'UNHEALTHY', 'UNKNOWN'] as const;
const statusWords = ['INITIALIZING', 'OK', 'IMPAIRED'] as const;
const oneOf = <T extends string>(words: readonly T[], value: unknown): T | undefined =>
  words.find((word) => word === value);
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

function health(message: RawEnvelope['message']): PublishHealthRequest {
  const tasks = objects(message['tasks']).map((task) => ({
    taskArn: text(task['taskArn']),
    taskDefinitionFamily: text(task['taskDefinitionFamily']),
    taskDefinitionVersion: text(task['taskDefinitionVersion']),
    containers: objects(task['containers']).flatMap((container) => {
      const healthStatus = oneOf(healthWords, container['healthStatus']);
      return healthStatus ? [{ containerName: text(container['containerName']), healthStatus }] : [];
    }),
  }));
  return { ...(message as unknown as PublishHealthRequest), tasks };
}

function instanceStatus(message: RawEnvelope['message']): PublishInstanceStatusRequest {
  const statuses = objects(message['statuses']).flatMap((one) => {
    const status = oneOf(statusWords, one['status']);
    if (one['type'] !== 'ContainerRuntime' || !status) return [];
    return [
      {
        type: 'ContainerRuntime' as const,
        status,
        lastUpdated: number(one['lastUpdated']),
        lastStatusChange: number(one['lastStatusChange']),
      },
    ];
  });
  return { ...(message as unknown as PublishInstanceStatusRequest), statuses };
}

function metrics(message: RawEnvelope['message']): PublishMetricsRequest {
  const taskMetrics = objects(message['taskMetrics']).filter((task) => typeof task['taskArn'] === 'string');
  return { ...message, taskMetrics } as unknown as PublishMetricsRequest;
}

export function parseTcsMessage(json: string): TcsAgentMessage | undefined {
  const envelope = parseEnvelope(json);
  switch (envelope?.type) {
    case 'PublishHealthRequest':
      return { type: envelope.type, message: health(envelope.message) };
    case 'PublishInstanceStatusRequest':
      return { type: envelope.type, message: instanceStatus(envelope.message) };
    case 'PublishMetricsRequest':
      return { type: envelope.type, message: metrics(envelope.message) };
    default:
      return undefined;
  }
}
