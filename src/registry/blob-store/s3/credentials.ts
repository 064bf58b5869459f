/** Credentials of the bucket: variables of their own first, so that those for Slipway itself may be set as well. */

export interface BucketCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Undefined: what the AWS SDK finds by itself (AWS_ACCESS_KEY_ID, profiles, roles of the machine). */
export function credentialsFrom(env: Readonly<Record<string, string | undefined>>): BucketCredentials | undefined {
  const accessKeyId = env['SLIPWAY_S3_ACCESS_KEY_ID'];
  const secretAccessKey = env['SLIPWAY_S3_SECRET_ACCESS_KEY'];
  const sessionToken = env['SLIPWAY_S3_SESSION_TOKEN'];
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}
