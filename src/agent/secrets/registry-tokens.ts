/** Tokens of ECR registries, kept until shortly before they expire, per registry and role. */
import type { Clock } from '#lib/clock.ts';
import type { RoleCredentials } from '#model/agent-messages.ts';
import type { RegistryAuth } from '../engine-api/engine.ts';
import type { CredentialProvider } from '../link/signing.ts';
import { callWithRetries, FinalError } from './retry.ts';

export interface RegistryTokensDeps {
  readonly endpoint: string;
  readonly credentials: CredentialProvider;
  readonly clock: Clock;
}

export interface EcrRegistry {
  readonly region: string;
  readonly registryId: string;
  readonly endpointOverride?: string;
}

/** A pull that starts with a token must be able to end with it. */
const marginMs = 30 * 60_000;
const maxKept = 200;

interface Kept {
  readonly auth: RegistryAuth;
  readonly untilMs: number;
}

const loadSdk = () => import('@aws-sdk/client-ecr');

export class RegistryTokens {
  readonly #deps: RegistryTokensDeps;
  readonly #kept = new Map<string, Kept>();

  constructor(deps: RegistryTokensDeps) {
    this.#deps = deps;
  }

  /** `role`: absent, the instance's own. A token is never handed to another task's role session. Rejects with CallError. */
  async get(registry: EcrRegistry, role: RoleCredentials | undefined, signal: AbortSignal): Promise<RegistryAuth> {
    const { clock } = this.#deps;
    const key = `${registry.region} ${registry.registryId} ${role?.credentialsId ?? 'instance'}`;
    const kept = this.#kept.get(key);
    if (kept && kept.untilMs > clock.now()) return kept.auth;
    const made = await callWithRetries(clock, signal, () => this.#fetch(registry, role, signal));
    this.#kept.set(key, made);
    if (this.#kept.size > maxKept) this.#kept.delete(this.#kept.keys().next().value!);
    return made.auth;
  }

  async #fetch(registry: EcrRegistry, role: RoleCredentials | undefined, abortSignal: AbortSignal): Promise<Kept> {
    const { ECRClient, GetAuthorizationTokenCommand } = await loadSdk();
    const client = new ECRClient({
      endpoint: registry.endpointOverride ?? this.#deps.endpoint,
      region: registry.region,
      credentials: role
        ? {
            accessKeyId: role.accessKeyId,
            secretAccessKey: role.secretAccessKey,
            sessionToken: role.sessionToken,
          }
        : this.#deps.credentials,
      maxAttempts: 1,
    });
    try {
      const command = new GetAuthorizationTokenCommand({ registryIds: [registry.registryId] });
      const [data] = (await client.send(command, { abortSignal })).authorizationData ?? [];
      const login = Buffer.from(data?.authorizationToken ?? '', 'base64').toString('utf8');
      const colon = login.indexOf(':');
      if (colon <= 0) throw new FinalError('ECR answered no authorization token');
      const expiresAt = data?.expiresAt?.getTime() ?? 0;
      return {
        auth: { username: login.slice(0, colon), password: login.slice(colon + 1) },
        untilMs: expiresAt - marginMs,
      };
    } finally {
      client.destroy();
    }
  }
}
