/** Every operation of Secrets Manager that is implemented; the others are refused by the protocol room. */
import type { Handler } from '#protocol/service.ts';
import { BatchGetSecretValue } from './operations/BatchGetSecretValue.ts';
import { CancelRotateSecret } from './operations/CancelRotateSecret.ts';
import { CreateSecret } from './operations/CreateSecret.ts';
import { DeleteResourcePolicy } from './operations/DeleteResourcePolicy.ts';
import { DeleteSecret } from './operations/DeleteSecret.ts';
import { DescribeSecret } from './operations/DescribeSecret.ts';
import { GetRandomPassword } from './operations/GetRandomPassword.ts';
import { GetResourcePolicy } from './operations/GetResourcePolicy.ts';
import { GetSecretValue } from './operations/GetSecretValue.ts';
import { ListSecrets } from './operations/ListSecrets.ts';
import { ListSecretVersionIds } from './operations/ListSecretVersionIds.ts';
import { PutResourcePolicy } from './operations/PutResourcePolicy.ts';
import { PutSecretValue } from './operations/PutSecretValue.ts';
import { RemoveRegionsFromReplication } from './operations/RemoveRegionsFromReplication.ts';
import { ReplicateSecretToRegions } from './operations/ReplicateSecretToRegions.ts';
import { RestoreSecret } from './operations/RestoreSecret.ts';
import { RotateSecret } from './operations/RotateSecret.ts';
import { StopReplicationToReplica } from './operations/StopReplicationToReplica.ts';
import { TagResource } from './operations/TagResource.ts';
import { UntagResource } from './operations/UntagResource.ts';
import { UpdateSecret } from './operations/UpdateSecret.ts';
import { UpdateSecretVersionStage } from './operations/UpdateSecretVersionStage.ts';
import { ValidateResourcePolicy } from './operations/ValidateResourcePolicy.ts';

export const handlers: Readonly<Record<string, Handler>> = {
  BatchGetSecretValue,
  CancelRotateSecret,
  CreateSecret,
  DeleteResourcePolicy,
  DeleteSecret,
  DescribeSecret,
  GetRandomPassword,
  GetResourcePolicy,
  GetSecretValue,
  ListSecretVersionIds,
  ListSecrets,
  PutResourcePolicy,
  PutSecretValue,
  RemoveRegionsFromReplication,
  ReplicateSecretToRegions,
  RestoreSecret,
  RotateSecret,
  StopReplicationToReplica,
  TagResource,
  UntagResource,
  UpdateSecret,
  UpdateSecretVersionStage,
  ValidateResourcePolicy,
};
