/**
 * The composition root of the control plane: the only file that knows every room. It opens the store, makes the
 * services, starts what runs by itself, then listens; `close` ends all of it in the opposite order.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createAcs } from '#acs/acs.ts';
import type { AccessKey } from '#auth/access-key.ts';
import { createAccessKeyUses, notingUses } from '#auth/access-key-use.ts';
import { ensureAdministrator, permissiveAccount } from '#auth/administrator.ts';
import { createAuthorize } from '#auth/authorize.ts';
import { createCredentials, createPermissiveCredentials } from '#auth/credentials.ts';
import { createDenials } from '#auth/denials.ts';
import { endWithTheirInstance, withInstanceKeys } from '#auth/instances.ts';
import { issueRegistryToken } from '#auth/registry-token.ts';
import { createRoleUses } from '#auth/role-uses.ts';
import { createSessions, startForgetting } from '#auth/sessions.ts';
import { createTaskRoles, endWithTheirTask } from '#auth/task-roles.ts';
import { createEventLog, type EventLog } from '#events/event-log.ts';
import { createHistory } from '#events/history/history.ts';
import { openSqliteHistory } from '#events/history/sqlite-storage.ts';
import type { HistoryStorage, Retention } from '#events/history/storage.ts';
import { createMetricLog, type MetricLog } from '#events/metric-log.ts';
import { createUsageCounter } from '#images/usage.ts';
import { keyFileProvider } from '#keys/key-provider.ts';
import { createVault, openRootKey, type Vault } from '#keys/vault.ts';
import { type Clock, systemClock } from '#lib/clock.ts';
import { type Logger, silentLogger } from '#lib/logger.ts';
import { type Random, systemRandom } from '#lib/random.ts';
import type { Scope } from '#model/arn.ts';
import { createAuthenticate } from '#protocol/authenticate.ts';
import { createPipeline } from '#protocol/pipeline.ts';
import type { Principal, ServiceDefinition } from '#protocol/service.ts';
import { createThrottle, type Throttle } from '#protocol/throttle.ts';
import type { SchedulerSettings } from '#reconcilers/settings.ts';
import { startReconcilers } from '#reconcilers/start.ts';
import { openScanning, type Scanning, type ScanningSettings } from '#scanning/scanning.ts';
import { createEcrService } from '#services/ecr/index.ts';
import { createEcrPublicService } from '#services/ecr-public/index.ts';
import { createEcsService } from '#services/ecs/index.ts';
import { createIamService } from '#services/iam/index.ts';
import { createKmsService } from '#services/kms/index.ts';
import { createLogsService } from '#services/logs/index.ts';
import { createSecretsManagerService } from '#services/secretsmanager/index.ts';
import { createSlipwayService } from '#services/slipway/index.ts';
import { createSsmService } from '#services/ssm/index.ts';
import { createStsService } from '#services/sts/index.ts';
import { openSqliteJournal } from '#store/journals/sqlite.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { startHttp, type UpgradeRoute } from './http.ts';
import { noQuotas, type QuotaSettings } from './quotas.ts';
import { openRegistry, type RegistryRoom, type RegistrySettings } from './registry.ts';
import { createTls, type TlsSettings } from './tls/open-tls.ts';
import { version } from './version.ts';

export type AuthMode = 'strict' | 'permissive';

export interface ControlPlaneOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** State lives here; made when it does not exist, readable by its owner only. */
  readonly dataDir: string;
  readonly auth: AuthMode;
  /** Account of the administrator that the first start makes: 000000000000 when permissive, else drawn at random. */
  readonly account?: string;
  /** How long and how much of the history of tasks and services is kept: by default 30 days and 2 GiB. */
  readonly historyRetention?: Partial<Retention>;
  /** Which of AWS's quotas and throttles hold; by default none. */
  readonly quotas?: QuotaSettings;
  readonly registry?: RegistrySettings;
  /** A certificate of its own, and the name of the registry. */
  readonly tls?: TlsSettings;
  readonly scanning?: ScanningSettings;
  /** Times of the schedulers that differ from their defaults. */
  readonly schedulers?: Partial<SchedulerSettings>;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
}

export interface ControlPlane {
  /** `http://127.0.0.1:4566` */
  readonly endpoint: string;
  readonly port: number;
  /** Of the listener with the operator's certificate. */
  readonly tlsPort: number | undefined;
  readonly store: Store;
  readonly administrator: AccessKey;
  readonly vault: Vault;
  readonly registry: Pick<RegistryRoom, 'pid' | 'blobs' | 'maintenance'>;
  readonly scanning: Pick<Scanning, 'pids'>;
  /** What EventBridge and CloudWatch will read. */
  readonly events: Pick<EventLog, 'read'>;
  readonly metrics: Pick<MetricLog, 'read'>;
  /** The administrator's key was made by this start. */
  readonly administratorCreated: boolean;
  /** Resolves with the error when the journal fails; the process must then end. */
  readonly failed: Promise<Error>;
  close(): Promise<void>;
}

const loopback = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/** A layer part of 10 MiB in base64 is the largest request that AWS's clients send. */
const maxRequestBytes = 16 * 2 ** 20;

/** Something to end at shutdown, in the opposite order of its start. */
type Ending = () => Promise<void> | void;

const openStore = async (dataDir: string, logger: Logger) =>
  Store.open({
    journal: await openSqliteJournal({ path: join(dataDir, 'state.sqlite') }),
    tables: allTables,
    onListenerError: (error) => logger.error('a change listener failed', { error }),
  });

/** Both at once; when one cannot be opened the other is closed again. */
async function openStorages(dataDir: string, logger: Logger): Promise<readonly [Store, HistoryStorage]> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const [store, history] = await Promise.allSettled([
    openStore(dataDir, logger),
    openSqliteHistory(join(dataDir, 'history.sqlite')),
  ]);
  if (store.status === 'fulfilled' && history.status === 'fulfilled') return [store.value, history.value];
  for (const opened of [store, history]) if (opened.status === 'fulfilled') await opened.value.close();
  throw store.status === 'rejected' ? store.reason : (history as PromiseRejectedResult).reason;
}

function throttleOf(quotas: QuotaSettings, clock: Clock): Throttle | undefined {
  const buckets = Object.entries(quotas).map(([service, { throttles }]) => [service, throttles] as const);
  return buckets.some(([, list]) => list.length > 0) ? createThrottle(Object.fromEntries(buckets), clock) : undefined;
}

export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { clock = systemClock, random = systemRandom, logger = silentLogger, quotas = noQuotas } = options;
  if (options.auth === 'permissive' && !loopback.test(options.host)) {
    throw new Error(`--auth permissive lets anyone in and is for loopback addresses only, not ${options.host}`);
  }
  const endings: Ending[] = [];
  const close = async () => {
    const failures: unknown[] = [];
    for (const end of endings.splice(0).reverse()) {
      try {
        await end();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  };
  try {
    const [store, storage] = await openStorages(options.dataDir, logger);
    const retention = options.historyRetention ?? {};
    const history = createHistory({ storage, clock, logger, retention });
    const events = createEventLog({ storage, clock, random, logger });
    const metrics = createMetricLog({ storage, clock, logger });
    const usage = createUsageCounter({ clock, send: metrics.put });
    endings.push(async () => {
      try {
        await store.close();
      } finally {
        await Promise.all([events.close(), metrics.close()]);
        await history.close();
      }
    });
    await history.attach(store);
    events.attach(store);

    const provider = await keyFileProvider(join(options.dataDir, 'operator.key'), random);
    const rootKey = await openRootKey({ store, provider, clock, random });
    const vault = createVault(rootKey, random);
    const sessions = endWithTheirInstance(
      endWithTheirTask(createSessions({ vault, view: store, random }), store),
      store,
    );
    const account = options.account ?? (options.auth === 'permissive' ? permissiveAccount : undefined);
    const { administrator, created } = await ensureAdministrator({
      store,
      vault,
      clock,
      random,
      ...(account !== undefined && { account }),
    });
    const known = { view: store, vault, sessions };
    const credentials =
      options.auth === 'strict' ? createCredentials(known) : createPermissiveCredentials(known, administrator.account);
    const keyUses = createAccessKeyUses({ store, clock });
    endings.push(() => keyUses.close());
    const authenticate = notingUses(
      keyUses,
      createAuthenticate({ credentials: withInstanceKeys(credentials, store, vault), clock }),
    );
    const denials = createDenials();
    const roleUses = createRoleUses({ store, clock });
    endings.push(() => roleUses.close());
    endings.push(startForgetting({ store, clock }));
    const permissions = { view: store, clock, denied: denials.add, roleUsed: roleUses.note };
    const authorize = createAuthorize(permissions);

    const logs = await createLogsService({ store, dataDir: options.dataDir, clock, logger });
    endings.push(() => logs.close());

    endings.push(() => usage.flush());
    const registry = openRegistry({
      recordUsage: metrics.put,
      limits: quotas['ecr']?.limits ?? {},
      dataDir: options.dataDir,
      rootKey,
      auth: options.auth,
      account: administrator.account,
      settings: options.registry ?? {},
      store,
      vault,
      clock,
      random,
      logger,
    });
    endings.push(() => registry.close());

    const scanning = await openScanning({
      dataDir: options.dataDir,
      settings: options.scanning ?? {},
      store,
      blobs: registry.blobs,
      registryEndpoint: async () => `http://127.0.0.1:${await registry.port()}`,
      clock,
      logger,
    });
    endings.push(() => scanning.close());

    const reconcilers = startReconcilers({
      store,
      clock,
      random,
      logger,
      scanner: scanning,
      remote: registry.replication,
      imageLimits: quotas['ecr']?.limits ?? {},
      ...(options.schedulers && { settings: options.schedulers }),
    });
    endings.push(() => reconcilers.close());

    const tls = createTls({
      dataDir: options.dataDir,
      settings: options.tls ?? {},
      secret: registry.connections.secret,
      clock,
      random,
      logger,
    });
    const registryHost = tls.hostOf;

    const issueToken = (principal: Principal, scope: Scope) =>
      issueRegistryToken({ vault }, principal, scope, clock.now());
    const services: ServiceDefinition[] = [
      createEcsService({ limits: quotas['ecs']?.limits ?? {} }),
      createStsService({ ...permissions, sessions, vault }),
      logs.definition,
      createSlipwayService({
        history,
        denials,
        vault,
        sessions,
        administratorAccount: administrator.account,
        maintenance: registry.maintenance,
      }),
      createKmsService({ vault }),
      createSsmService({ vault }),
      createSecretsManagerService({ vault }),
      createIamService({ vault, keyUses, roleUses }),
      createEcrService({
        blobs: registry.blobs,
        vault,
        issueToken,
        registryHost,
        findings: scanning.findings,
        upstreams: registry.upstreams,
        limits: quotas['ecr']?.limits ?? {},
        usage,
      }),
      createEcrPublicService({ blobs: registry.blobs, issueToken, registryHost }),
    ];
    const roles = createTaskRoles({ view: store, sessions, vault, clock });
    const isOwnHost = (name: string) => tls.isOwnHost(name);
    const acs = createAcs({ store, clock, random, logger, authenticate, authorize, roles, isOwnHost });
    const handleUpgrade = acs.handleUpgrade;
    const upgrades: UpgradeRoute[] = [
      { prefix: '/acs/', handleUpgrade },
      { prefix: '/tcs/', handleUpgrade },
    ];

    let endpoint = '';
    const serve = createPipeline({
      services,
      authenticate,
      authorize,
      throttle: throttleOf(quotas, clock),
      openSession: () => store.session(),
      endpoint: () => endpoint,
      clock,
      random,
      logger,
    });
    const { host, port } = options;
    const connections = registry.connections;
    const listener = await startHttp({
      host,
      port,
      serve,
      version,
      logger,
      upgrades,
      registry: connections,
      bodyLimitBytes: maxRequestBytes,
    });
    endings.push(() => listener.close());
    endings.push(() => acs.close());
    endpoint = listener.endpoint;
    registry.listening(host, listener.port);
    endings.push(() => tls.close());
    await tls.open(host, listener.port);

    return {
      endpoint,
      port: listener.port,
      tlsPort: tls.port,
      store,
      vault,
      registry,
      scanning,
      events,
      metrics,
      administrator,
      administratorCreated: created,
      failed: store.failed,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
