import type { RepositoryCatalogDataInput } from '@aws-sdk/client-ecr-public';
import { checkCount, checkLength } from '#images/api/validate.ts';
import type { PublicCatalogData } from '#model/ecr.ts';
import { ServiceError } from '#protocol/service.ts';

const maxText = 25_600;

/** Logos are shown for verified accounts only, and there are none here. */
export function checkCatalogData(given: RepositoryCatalogDataInput | undefined): PublicCatalogData {
  if (!given) return {};
  if (given.logoImageBlob !== undefined) {
    throw new ServiceError('UnsupportedCommandException', 'Logos are for verified accounts only.');
  }
  const { description, aboutText, usageText, architectures, operatingSystems } = given;
  if (description !== undefined) checkLength('catalogData.description', description, 0, 1024);
  if (aboutText !== undefined) checkLength('catalogData.aboutText', aboutText, 0, maxText);
  if (usageText !== undefined) checkLength('catalogData.usageText', usageText, 0, maxText);
  for (const [name, list] of Object.entries({ architectures, operatingSystems })) {
    if (!list) continue;
    checkCount(`catalogData.${name}`, list, 0, 50);
    for (const [index, text] of list.entries()) checkLength(`catalogData.${name}.${index + 1}.member`, text, 1, 50);
  }
  return {
    ...(description !== undefined && { description }),
    ...(architectures && { architectures }),
    ...(operatingSystems && { operatingSystems }),
    ...(aboutText !== undefined && { aboutText }),
    ...(usageText !== undefined && { usageText }),
  };
}
