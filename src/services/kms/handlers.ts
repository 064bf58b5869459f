/** Every operation of KMS that is implemented; the others are refused by the protocol room. */
import type { Handler } from '#protocol/service.ts';
import { CancelKeyDeletion } from './operations/CancelKeyDeletion.ts';
import { CreateAlias } from './operations/CreateAlias.ts';
import { CreateGrant } from './operations/CreateGrant.ts';
import { CreateKey } from './operations/CreateKey.ts';
import { Decrypt } from './operations/Decrypt.ts';
import { DeleteAlias } from './operations/DeleteAlias.ts';
import { DeriveSharedSecret } from './operations/DeriveSharedSecret.ts';
import { DescribeKey } from './operations/DescribeKey.ts';
import { DisableKey } from './operations/DisableKey.ts';
import { DisableKeyRotation } from './operations/DisableKeyRotation.ts';
import { EnableKey } from './operations/EnableKey.ts';
import { EnableKeyRotation } from './operations/EnableKeyRotation.ts';
import { Encrypt } from './operations/Encrypt.ts';
import { GenerateDataKey } from './operations/GenerateDataKey.ts';
import { GenerateDataKeyPair } from './operations/GenerateDataKeyPair.ts';
import { GenerateDataKeyPairWithoutPlaintext } from './operations/GenerateDataKeyPairWithoutPlaintext.ts';
import { GenerateDataKeyWithoutPlaintext } from './operations/GenerateDataKeyWithoutPlaintext.ts';
import { GenerateMac } from './operations/GenerateMac.ts';
import { GenerateRandom } from './operations/GenerateRandom.ts';
import { GetKeyPolicy } from './operations/GetKeyPolicy.ts';
import { GetKeyRotationStatus } from './operations/GetKeyRotationStatus.ts';
import { GetPublicKey } from './operations/GetPublicKey.ts';
import { ListAliases } from './operations/ListAliases.ts';
import { ListGrants } from './operations/ListGrants.ts';
import { ListKeyPolicies } from './operations/ListKeyPolicies.ts';
import { ListKeyRotations } from './operations/ListKeyRotations.ts';
import { ListKeys } from './operations/ListKeys.ts';
import { ListResourceTags } from './operations/ListResourceTags.ts';
import { ListRetirableGrants } from './operations/ListRetirableGrants.ts';
import { PutKeyPolicy } from './operations/PutKeyPolicy.ts';
import { ReEncrypt } from './operations/ReEncrypt.ts';
import { RetireGrant } from './operations/RetireGrant.ts';
import { RevokeGrant } from './operations/RevokeGrant.ts';
import { RotateKeyOnDemand } from './operations/RotateKeyOnDemand.ts';
import { ScheduleKeyDeletion } from './operations/ScheduleKeyDeletion.ts';
import { Sign } from './operations/Sign.ts';
import { TagResource } from './operations/TagResource.ts';
import { UntagResource } from './operations/UntagResource.ts';
import { UpdateAlias } from './operations/UpdateAlias.ts';
import { UpdateKeyDescription } from './operations/UpdateKeyDescription.ts';
import { Verify } from './operations/Verify.ts';
import { VerifyMac } from './operations/VerifyMac.ts';

export const handlers: Readonly<Record<string, Handler>> = {
  CancelKeyDeletion,
  CreateAlias,
  CreateGrant,
  CreateKey,
  Decrypt,
  DeleteAlias,
  DeriveSharedSecret,
  DescribeKey,
  DisableKey,
  DisableKeyRotation,
  EnableKey,
  EnableKeyRotation,
  Encrypt,
  GenerateDataKey,
  GenerateDataKeyPair,
  GenerateDataKeyPairWithoutPlaintext,
  GenerateDataKeyWithoutPlaintext,
  GenerateMac,
  GenerateRandom,
  GetKeyPolicy,
  GetKeyRotationStatus,
  GetPublicKey,
  ListAliases,
  ListGrants,
  ListKeyPolicies,
  ListKeyRotations,
  ListKeys,
  ListResourceTags,
  ListRetirableGrants,
  PutKeyPolicy,
  ReEncrypt,
  RetireGrant,
  RevokeGrant,
  RotateKeyOnDemand,
  ScheduleKeyDeletion,
  Sign,
  TagResource,
  UntagResource,
  UpdateAlias,
  UpdateKeyDescription,
  Verify,
  VerifyMac,
};
