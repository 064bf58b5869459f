/** A machine that Slipway has given an identity: what EC2 would know of it. Container instances run on them. */
import type { Scope } from './arn.ts';

export interface InstanceRow extends Scope {
  /** `arn:aws:ec2:<region>:<account>:instance/<id>` */
  readonly arn: string;
  /** `i-` and 17 hex digits. */
  readonly instanceId: string;
  readonly availabilityZone: string;
  readonly instanceProfileArn: string;
  /** The key by which the machine proves who it is; it permits nothing but to ask for the role's credentials. */
  readonly accessKeyId: string;
  /** Sealed by the vault with the key's id as its context. */
  readonly sealedSecret: string;
  readonly createdAt: number;
  /** The machine that the control plane runs on. */
  readonly isLocal?: boolean;
}
