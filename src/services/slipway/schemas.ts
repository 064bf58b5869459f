/**
 * The operations' schemas, in the array form in which AWS's SDK exports its own (protocol/schema/shape.ts reads it):
 * `[3, namespace, name, traits, members, schemas, required]` for structures, with the required members first.
 */
import { PlacementConstraint$, PlacementStrategy$, TaskOverride$ } from '@aws-sdk/client-ecs';

const namespace = 'dev.slipway';
const text = 0;
const number = 1;
const flag = 2;
const timestamp = 4;
const document = 15;
const texts = 64;

type Members = Readonly<Record<string, unknown>>;

const structure = (name: string, required: Members, optional: Members = {}) => [
  3,
  namespace,
  name,
  0,
  [...Object.keys(required), ...Object.keys(optional)],
  [...Object.values(required), ...Object.values(optional)],
  Object.keys(required).length,
];
const listOf = (name: string, member: unknown) => [1, namespace, name, 0, member];
const failure = (name: string) => [-3, namespace, name, { error: 'client' }, ['message'], [text]];
const operation = (name: string, input: unknown, output: unknown) =>
  [9, namespace, name, 0, () => input, () => output] as const;

const page = { limit: number, nextToken: text };

const Entry = structure(
  'HistoryEntry',
  {},
  { time: timestamp, type: text, version: number, changes: document, message: text },
);
const Entries = listOf('HistoryEntries', Entry);

const TaskSummary = structure(
  'TaskHistorySummary',
  {},
  {
    taskArn: text,
    taskDefinitionArn: text,
    containerInstanceArn: text,
    deploymentId: text,
    desiredStatus: text,
    lastStatus: text,
    healthStatus: text,
    createdAt: timestamp,
    startedAt: timestamp,
    stoppedAt: timestamp,
    stopCode: text,
    stoppedReason: text,
    containers: document,
  },
);

const Port = structure('Port', {}, { protocol: text, hostPort: number });
const Ports = listOf('Ports', Port);
/** `eni` is absent where there is no limit. */
const Size = structure('Size', {}, { cpu: number, memory: number, gpu: number, eni: number });
const Demand = structure('Demand', {}, { cpu: number, memory: number, gpu: number, eni: number, ports: Ports });
const Reason = structure(
  'Reason',
  {},
  {
    reason: text,
    message: text,
    needed: number,
    available: number,
    port: Port,
    heldBy: texts,
    attribute: text,
    expression: text,
  },
);
const Instance = structure(
  'ExplainedInstance',
  {},
  {
    containerInstanceArn: text,
    ec2InstanceId: text,
    availabilityZone: text,
    status: text,
    agentConnected: flag,
    liveTasks: number,
    registered: Size,
    remaining: Size,
    placed: number,
    reasons: listOf('Reasons', Reason),
  },
);
const Placement = structure(
  'PlannedPlacement',
  {},
  { containerInstanceArn: text, ec2InstanceId: text, availabilityZone: text },
);
const ReasonCount = structure('ReasonCount', {}, { reason: text, instances: number });
const Deployment = structure(
  'ExplainedDeployment',
  {},
  {
    id: text,
    status: text,
    taskDefinition: text,
    desiredCount: number,
    runningCount: number,
    pendingCount: number,
    failedTasks: number,
    rolloutState: text,
    rolloutStateReason: text,
  },
);
const Event = structure('ServiceEvent', {}, { createdAt: timestamp, message: text });
const Service = structure(
  'ExplainedService',
  {},
  {
    serviceArn: text,
    serviceName: text,
    status: text,
    schedulingStrategy: text,
    desiredCount: number,
    runningCount: number,
    pendingCount: number,
    missingCount: number,
    failuresInARow: number,
    throttledUntil: timestamp,
    deployments: listOf('Deployments', Deployment),
    events: listOf('Events', Event),
  },
);

const explainInput = structure(
  'ExplainPlacementRequest',
  {},
  {
    service: text,
    taskDefinition: text,
    cluster: text,
    count: number,
    launchType: text,
    group: text,
    overrides: [() => TaskOverride$, 0],
    placementConstraints: listOf('PlacementConstraints', () => PlacementConstraint$),
    placementStrategy: listOf('PlacementStrategies', () => PlacementStrategy$),
    maxInstances: number,
  },
);
const explainOutput = structure(
  'ExplainPlacementResponse',
  {},
  {
    clusterArn: text,
    taskDefinitionArn: text,
    launchType: text,
    group: text,
    service: Service,
    demand: Demand,
    placementConstraints: listOf('PlacementConstraints', () => PlacementConstraint$),
    placementStrategy: listOf('PlacementStrategies', () => PlacementStrategy$),
    requestedCount: number,
    placeableCount: number,
    notLaunchable: text,
    placements: listOf('Placements', Placement),
    instanceCount: number,
    reasonCounts: listOf('ReasonCounts', ReasonCount),
    instances: listOf('ExplainedInstances', Instance),
    findings: texts,
  },
);

const Maintenance = structure(
  'RegistryMaintenance',
  {},
  {
    maintenanceId: text,
    task: text,
    status: text,
    startedAt: timestamp,
    endedAt: timestamp,
    progress: document,
    report: document,
    message: text,
  },
);

const Account = structure('Account', {}, { accountId: text, name: text, alias: text, createdAt: timestamp });
const DenialStatement = structure(
  'DenialStatement',
  {},
  { policyType: text, policy: text, sid: text, index: number, effect: text, mismatch: text },
);
const explainDenialOutput = structure(
  'ExplainDenialResponse',
  {},
  {
    requestId: text,
    time: timestamp,
    principal: text,
    action: text,
    resource: text,
    resourceAccount: text,
    region: text,
    message: text,
    outcome: text,
    missing: text,
    findings: texts,
    statements: listOf('DenialStatements', DenialStatement),
    context: document,
    encodedMessage: text,
  },
);

export const schemas: Readonly<Record<string, unknown>> = {
  GetTaskHistory$: operation(
    'GetTaskHistory',
    structure('GetTaskHistoryRequest', { task: text }, { cluster: text, newestFirst: flag, ...page }),
    structure('GetTaskHistoryResponse', {}, { taskArn: text, entries: Entries, nextToken: text }),
  ),
  GetServiceHistory$: operation(
    'GetServiceHistory',
    structure('GetServiceHistoryRequest', { service: text }, { cluster: text, newestFirst: flag, ...page }),
    structure('GetServiceHistoryResponse', {}, { serviceArn: text, entries: Entries, nextToken: text }),
  ),
  ListServiceTaskHistories$: operation(
    'ListServiceTaskHistories',
    structure('ListServiceTaskHistoriesRequest', { service: text }, { cluster: text, ...page }),
    structure(
      'ListServiceTaskHistoriesResponse',
      {},
      {
        serviceArn: text,
        tasks: listOf('TaskHistorySummaries', TaskSummary),
        nextToken: text,
      },
    ),
  ),
  JoinInstance$: operation(
    'JoinInstance',
    structure('JoinInstanceRequest', {}, { instanceProfile: text, availabilityZone: text }),
    structure(
      'JoinInstanceResponse',
      {},
      { instanceId: text, instanceArn: text, accessKeyId: text, secretAccessKey: text },
    ),
  ),
  GetInstanceCredentials$: operation(
    'GetInstanceCredentials',
    structure('GetInstanceCredentialsRequest', {}),
    structure(
      'GetInstanceCredentialsResponse',
      {},
      {
        instanceId: text,
        account: text,
        region: text,
        availabilityZone: text,
        launchedAt: timestamp,
        instanceProfileArn: text,
        instanceProfileId: text,
        roleName: text,
        accessKeyId: text,
        secretAccessKey: text,
        sessionToken: text,
        issuedAt: timestamp,
        expiresAt: timestamp,
      },
    ),
  ),
  RemoveInstance$: operation(
    'RemoveInstance',
    structure('RemoveInstanceRequest', { instanceId: text }),
    structure('RemoveInstanceResponse', {}),
  ),
  ExplainPlacement$: operation('ExplainPlacement', explainInput, explainOutput),
  CreateAccount$: operation(
    'CreateAccount',
    structure('CreateAccountRequest', {}, { accountId: text, name: text }),
    structure('CreateAccountResponse', {}, { account: Account, accessKeyId: text, secretAccessKey: text }),
  ),
  ListAccounts$: operation(
    'ListAccounts',
    structure('ListAccountsRequest', {}, page),
    structure('ListAccountsResponse', {}, { accounts: listOf('Accounts', Account), nextToken: text }),
  ),
  StartRegistryMaintenance$: operation(
    'StartRegistryMaintenance',
    structure('StartRegistryMaintenanceRequest', { task: text }, { dryRun: flag, graceMinutes: number, repair: flag }),
    structure('StartRegistryMaintenanceResponse', {}, { maintenance: Maintenance }),
  ),
  GetRegistryMaintenance$: operation(
    'GetRegistryMaintenance',
    structure('GetRegistryMaintenanceRequest', { maintenanceId: text }),
    structure('GetRegistryMaintenanceResponse', {}, { maintenance: Maintenance }),
  ),
  ExplainDenial$: operation(
    'ExplainDenial',
    structure('ExplainDenialRequest', { requestId: text }),
    explainDenialOutput,
  ),
  DenialNotFoundException$: failure('DenialNotFoundException'),
  AccountAlreadyExistsException$: failure('AccountAlreadyExistsException'),
  InvalidParameterException$: failure('InvalidParameterException'),
  ClusterNotFoundException$: failure('ClusterNotFoundException'),
  ServiceNotFoundException$: failure('ServiceNotFoundException'),
  TaskDefinitionNotFoundException$: failure('TaskDefinitionNotFoundException'),
  InstanceNotFoundException$: failure('InstanceNotFoundException'),
  MaintenanceNotFoundException$: failure('MaintenanceNotFoundException'),
  HistoryNotFoundException$: failure('HistoryNotFoundException'),
};
