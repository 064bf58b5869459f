/**
 * Images of the control plane's own registry, under whatever name a task definition has for them: AWS's, an address of the
 * control plane, a domain. Which these are the control plane says, by the credentials that it names for them. The registry is
 * asked first what a name means now and whether this role may have it, in ECR's words; Docker is then told to pull the
 * very digest.
 */
import { awsRegistryOfHost, type ImageName, parseImageName, parseRepositoryPath } from '#images/image-name.ts';
import type { AgentContainer } from '#model/agent-messages.ts';
import { EngineError, type RegistryAuth } from '../engine-api/engine.ts';
import { ImageRefused, type OwnImage, type OwnImages } from '../task-engine/own-images.ts';
import type { RegistryLoopback } from './loopback.ts';

const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

const publicHost = 'public.ecr.aws';
/** Docker asks for credentials wherever the registry may want some; these are nobody's. */
const anonymous: RegistryAuth = { username: 'anonymous', password: 'anonymous' };

/** What the registry knows the repository by at any address of its own; undefined for images of others. */
export function repositoryPath(
  container: AgentContainer,
): { readonly path: string; readonly name: ImageName } | undefined {
  const auth = container.registryAuthentication;
  if (auth?.type !== 'ecr' || auth.ecrAuthData.endpointOverride === undefined) return undefined;
  const name = parseImageName(container.image);
  if (!name?.host) return undefined;
  if (awsRegistryOfHost(name.host)) return { path: `${name.host.toLowerCase()}/${name.path}`, name };
  const address = parseRepositoryPath(name.host, name.path);
  if (!address) return undefined;
  if (address.kind === 'public') return { path: `${publicHost}/${address.alias}/${address.name}`, name };
  const { registryId, region } = auth.ecrAuthData;
  const registry = address.kind === 'private' ? `${address.account}.${address.region}` : `${registryId}.${region}`;
  return { path: `${registry}/${address.name}`, name };
}

interface ErrorDocument {
  readonly errors?: readonly {
    readonly code?: string;
    readonly message?: string;
    readonly detail?: { readonly signature?: string };
  }[];
}

/** As Docker words it. */
async function refusal(response: Response, image: string): Promise<EngineError> {
  const text = await response.text();
  const document: ErrorDocument = text.startsWith('{') ? JSON.parse(text) : {};
  const { code = '', message = `HTTP status ${response.status}`, detail } = document.errors?.[0] ?? {};
  const repository = image.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
  if (code === 'MANIFEST_UNKNOWN') {
    return new EngineError('not-found', `manifest for ${image} not found: manifest unknown: ${message}`);
  }
  if (code === 'NAME_UNKNOWN') {
    return new EngineError('not-found', `repository ${repository} not found: name unknown: ${message}`);
  }
  if (detail?.signature !== undefined) return new ImageRefused(`${image}: denied: ${message}`);
  if (response.status === 401 || response.status === 403) {
    const start = `pull access denied for ${repository}, repository does not exist or may require 'docker login'`;
    return new EngineError('denied', `${start}: denied: ${message}`);
  }
  return new EngineError('failed', `${image}: ${message}`);
}

export function createOwnImages(endpoint: string, loopback: RegistryLoopback): OwnImages {
  const base = endpoint.replace(/\/+$/, '');
  const ask = async (url: string, auth: RegistryAuth | undefined, signal: AbortSignal): Promise<Response> => {
    const login = auth && Buffer.from(`${auth.username}:${auth.password}`).toString('base64');
    const headers = { accept: manifestTypes, ...(login && { authorization: `Basic ${login}` }) };
    try {
      return await fetch(url, { headers, signal });
    } catch (error) {
      if (signal.aborted) throw new EngineError('aborted', 'the pull was given up', { cause: error });
      const { cause } = error as { cause?: Error };
      throw new EngineError('failed', `cannot reach the registry at ${base}: ${cause?.message ?? String(error)}`);
    }
  };
  return {
    isOwn: (container) => repositoryPath(container) !== undefined,
    async find(container, auth, signal): Promise<OwnImage> {
      const { path, name } = repositoryPath(container)!;
      const reference = name.digest ?? name.tag ?? 'latest';
      const response = await ask(`${base}/v2/${path}/manifests/${reference}`, auth, signal);
      if (!response.ok) throw await refusal(response, container.image);
      await response.arrayBuffer();
      const digest = response.headers.get('docker-content-digest') ?? name.digest;
      if (!digest) throw new EngineError('failed', `the registry at ${base} named no digest for ${container.image}`);
      const repository = `${name.host}/${name.path}`;
      return {
        digest,
        source: `${await loopback.address()}/${path}@${digest}`,
        ...(name.digest === undefined || name.tag !== undefined
          ? { tag: `${repository}:${name.tag ?? 'latest'}` }
          : {}),
        ...(!auth && path.startsWith(`${publicHost}/`) ? { auth: anonymous } : {}),
        isPinned: name.digest !== undefined,
      };
    },
  };
}
