/**
 * Custom attributes of container instances.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Attribute.html
 */
import type { Attribute } from '@aws-sdk/client-ecs';
import { ENI_LIMIT_ATTRIBUTE } from '#launch/registered.ts';
import { invalidParameter } from '../errors.ts';

export const maxAttributesPerCall = 10;
/** Custom attributes on one instance; what agents and ECS itself add does not count. */
export const maxCustomAttributes = 10;

const namePattern = /^[a-zA-Z0-9_.\-/\\]{1,128}$/;
const valuePattern = /^[a-zA-Z0-9_.\-@/\\: ]{1,128}$/;
const reserved = /^(ecs\.|com\.amazonaws\.ecs\.)/;

export const isReserved = (name: string): boolean => reserved.test(name);

export function checkAttributeName(name: string | undefined): string {
  if (!name) throw invalidParameter('Attribute name can not be blank.');
  if (!namePattern.test(name)) throw invalidParameter(`Invalid attribute name: ${name}`);
  return name;
}

export function checkAttributeValue(value: string | undefined): string | undefined {
  if (value === undefined || value === '') return undefined;
  if (!valuePattern.test(value) || value !== value.trim()) {
    throw invalidParameter(`Invalid attribute value: ${value}`);
  }
  return value;
}

/** The one attribute whose value placement counts with. */
export function checkEniLimit({ name, value }: Attribute): void {
  if (name === ENI_LIMIT_ATTRIBUTE && !/^\d{1,9}$/.test(value ?? '')) {
    throw invalidParameter(`Invalid attribute value: ${name} takes a whole number, not ${value ?? 'nothing'}`);
  }
}

/** Name and value of an attribute that a user puts or deletes on a named container instance. */
export function checkTargetedAttribute(attribute: Attribute): { name: string; value?: string; targetId: string } {
  const name = checkAttributeName(attribute.name);
  if (isReserved(name)) throw invalidParameter(`Attribute name ${name} uses a reserved prefix.`);
  if (attribute.targetType !== undefined && attribute.targetType !== 'container-instance') {
    throw invalidParameter(`Invalid target type: ${attribute.targetType}`);
  }
  if (!attribute.targetId) throw invalidParameter('TargetId can not be blank.');
  if (attribute.targetType === undefined && !attribute.targetId.startsWith('arn:')) {
    throw invalidParameter('TargetType is required when targetId is given in short form.');
  }
  const value = checkAttributeValue(attribute.value);
  return { name, targetId: attribute.targetId, ...(value !== undefined && { value }) };
}

export function checkAttributeCount(attributes: readonly Attribute[] | undefined): readonly Attribute[] {
  if (!attributes || attributes.length === 0) throw invalidParameter('Attributes can not be empty.');
  if (attributes.length > maxAttributesPerCall) {
    throw invalidParameter(`Attributes can not have more than ${maxAttributesPerCall} elements.`);
  }
  return attributes;
}
