/**
 * The sample service `hello`: two tasks that answer HTTP, made through the public API like anybody's service. It is made
 * once; a user who deletes it does not find it again at the next start.
 */
import type { ECRClient } from '@aws-sdk/client-ecr';
import type { DescribeServicesCommandOutput, ECSClient, Service, Task } from '@aws-sdk/client-ecs';
import type { Clock } from '#lib/clock.ts';
import type { Docker } from './docker.ts';
import type { Step } from './progress.ts';
import { pushSampleImage, sampleImageVersion } from './sample-image.ts';
import { waitFor } from './wait.ts';

export const sampleName = 'hello';
const sampleTasks = 2;
const logGroup = '/slipway/hello';

export interface SampleDeps {
  readonly ecs: ECSClient;
  readonly ecr: ECRClient;
  readonly docker: Docker;
  readonly clock: Clock;
  readonly cluster: string;
  readonly endpoint: string;
  readonly account: string;
  readonly region: string;
  readonly signal: AbortSignal;
}

const sdk = () => import('@aws-sdk/client-ecs');

async function describe({ ecs, cluster }: SampleDeps): Promise<Service | undefined> {
  const { DescribeServicesCommand } = await sdk();
  const answer: DescribeServicesCommandOutput = await ecs.send(
    new DescribeServicesCommand({ cluster, services: [sampleName] }),
  );
  const service = answer.services?.[0];
  return service && service.status !== 'INACTIVE' ? service : undefined;
}

/** The image that the service's current definition names. */
async function imageOf({ ecs }: SampleDeps, service: Service): Promise<string | undefined> {
  const { DescribeTaskDefinitionCommand } = await sdk();
  const { taskDefinition } = await ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: service.taskDefinition }),
  );
  return taskDefinition?.containerDefinitions?.[0]?.image;
}

const repositoryName = 'slipway/hello';
/** AWS's name of the registry is good wherever the control plane answers. */
const imageName = ({ account, region }: SampleDeps) =>
  `${account}.dkr.ecr.${region}.amazonaws.com/${repositoryName}:${sampleImageVersion}`;

/** The tag of an image that is ours to make; earlier versions named it by the address of the control plane. */
function sampleTag(deps: SampleDeps, image: string): string | undefined {
  const old = /^localhost:\d+\/slipway\/hello:(\d+)$/.exec(image)?.[1];
  return image === imageName(deps) ? String(sampleImageVersion) : old;
}

async function isInRegistry({ ecr }: SampleDeps, imageTag: string): Promise<boolean> {
  const { DescribeImagesCommand } = await import('@aws-sdk/client-ecr');
  try {
    await ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag }] }));
    return true;
  } catch (error) {
    if (/^(RepositoryNotFound|ImageNotFound)Exception$/.test((error as Error).name)) return false;
    throw error;
  }
}

/** Answers what the image was made of. */
async function push(deps: SampleDeps, tag: string): Promise<string> {
  const { ecr, endpoint, account, region, signal } = deps;
  const { CreateRepositoryCommand, GetAuthorizationTokenCommand } = await import('@aws-sdk/client-ecr');
  await ecr.send(new CreateRepositoryCommand({ repositoryName })).catch((error: Error) => {
    if (error.name !== 'RepositoryAlreadyExistsException') throw error;
  });
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
  const authorizationToken = authorizationData![0]!.authorizationToken!;
  const path = `${account}.${region}/${repositoryName}`;
  return pushSampleImage({ endpoint, path, tag, authorizationToken, signal });
}

async function create(deps: SampleDeps, image: string): Promise<void> {
  const { ecs, cluster, region } = deps;
  const { CreateServiceCommand, RegisterTaskDefinitionCommand } = await sdk();
  const { taskDefinition } = await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: sampleName,
      networkMode: 'bridge',
      requiresCompatibilities: ['EC2'],
      containerDefinitions: [
        {
          name: 'web',
          image,
          essential: true,
          cpu: 32,
          memoryReservation: 16,
          memory: 128,
          stopTimeout: 5,
          portMappings: [{ containerPort: 80, hostPort: 0, protocol: 'tcp' }],
          logConfiguration: {
            logDriver: 'awslogs',
            options: {
              'awslogs-group': logGroup,
              'awslogs-region': region,
              'awslogs-stream-prefix': sampleName,
              'awslogs-create-group': 'true',
            },
          },
        },
      ],
    }),
  );
  await ecs.send(
    new CreateServiceCommand({
      cluster,
      serviceName: sampleName,
      taskDefinition: taskDefinition?.taskDefinitionArn,
      desiredCount: sampleTasks,
      launchType: 'EC2',
    }),
  );
}

/** Makes sure of image and service; answers what was done, or undefined when the user has deleted the service. */
export async function ensureSample(deps: SampleDeps, madeBefore: boolean): Promise<string | undefined> {
  const found = await describe(deps);
  if (!found && madeBefore) return undefined;
  const image = found ? await imageOf(deps, found) : imageName(deps);
  const tag = image && sampleTag(deps, image);
  let madeOf = '';
  if (tag && !(await isInRegistry(deps, tag)))
    madeOf = `image ${repositoryName}:${tag} pushed, made ${await push(deps, tag)}`;
  if (found) return madeOf || 'as it was';
  await create(deps, image!);
  return ['service created', madeOf].filter(Boolean).join(', ');
}

async function runningTasks({ ecs, cluster }: SampleDeps): Promise<Task[]> {
  const { DescribeTasksCommand, ListTasksCommand } = await sdk();
  const { taskArns = [] } = await ecs.send(
    new ListTasksCommand({ cluster, serviceName: sampleName, desiredStatus: 'RUNNING' }),
  );
  if (taskArns.length === 0) return [];
  const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }));
  return tasks;
}

function urlsOf(tasks: readonly Task[], host: string): string[] {
  const ports = tasks
    .filter((task) => task.lastStatus === 'RUNNING')
    .flatMap((task) => task.containers ?? [])
    .flatMap((container) => container.networkBindings ?? [])
    .flatMap((binding) => binding.hostPort ?? []);
  return [...new Set(ports)].sort((a, b) => a - b).map((port) => `http://${host}:${port}/`);
}

async function answers(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(2000)]) });
    await response.text();
    return response.ok;
  } catch (error) {
    if (signal.aborted) throw error;
    return false;
  }
}

export interface SampleState {
  readonly desired: number;
  readonly urls: readonly string[];
}

export interface SampleWait {
  /** Absent when the deadline passed. */
  readonly state?: SampleState;
  /** The service's newest event, which says what holds it up. */
  readonly lastEvent?: string;
}

/** Waits until as many tasks run as the service wants and all of them answer HTTP; at most two minutes. */
export async function waitForSample(deps: SampleDeps, host: string, step: Step): Promise<SampleWait> {
  let lastEvent: string | undefined;
  const state = await waitFor<SampleState>(
    deps.clock,
    { deadlineMs: 120_000, everyMs: 250, signal: deps.signal },
    async () => {
      const service = await describe(deps);
      if (!service) return { desired: 0, urls: [] };
      lastEvent = service.events?.[0]?.message;
      const desired = service.desiredCount ?? 0;
      const urls = urlsOf(await runningTasks(deps), host);
      step.note(`${urls.length} of ${desired} running`);
      if (urls.length < desired || (service.deployments?.length ?? 0) > 1) return undefined;
      step.note(`${urls.length} of ${desired} running, not all answering yet`);
      const answered = await Promise.all(urls.map((url) => answers(url, deps.signal)));
      return answered.every(Boolean) ? { desired, urls } : undefined;
    },
  );
  return { ...(state && { state }), ...(lastEvent && { lastEvent }) };
}
