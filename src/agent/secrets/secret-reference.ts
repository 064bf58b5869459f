/** What `valueFrom` of a secret names. */
export interface SecretReference {
  readonly secretId: string;
  /** Of the secret's JSON; absent: the whole value. */
  readonly jsonKey?: string;
  readonly versionStage?: string;
  readonly versionId?: string;
}

const arnParts = 7;
const longParts = 10;

/**
 * `arn:aws:secretsmanager:region:account:secret:name-6chars[:json-key:version-stage:version-id]`; undefined for what is
 * neither. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
 */
export function parseSecretReference(valueFrom: string): SecretReference | undefined {
  const parts = valueFrom.split(':');
  if (parts.length !== arnParts && parts.length !== longParts) return undefined;
  const secretId = parts.slice(0, arnParts).join(':');
  const [jsonKey, versionStage, versionId] = parts.slice(arnParts);
  return {
    secretId,
    ...(jsonKey ? { jsonKey } : {}),
    ...(versionStage ? { versionStage } : {}),
    ...(versionId ? { versionId } : {}),
  };
}
