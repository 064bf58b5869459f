import type {
  DescribeImageScanFindingsCommandInput,
  DescribeImageScanFindingsCommandOutput,
  ImageScanFindings,
} from '@aws-sdk/client-ecr';
import { invalidAt, scanNotFound } from '#images/api/errors.ts';
import type { ImageRow, RepositoryRow } from '#model/ecr.ts';
import type { ImageScanResult, ScanType } from '#model/image-scan.ts';
import { imageScans } from '#store/tables/ecr.ts';
import type { EcrContext, EcrOperation } from '../context.ts';
import { requireImage, requireRepository } from '../resolve.ts';
import { viewBasicFinding, viewEnhancedFinding, viewResource, viewScanStatus, viewSummary } from '../views/scan.ts';

const defaultPage = 100;
const maxPage = 1000;

interface Position {
  readonly findings: string;
  readonly from: number;
}

const encode = (position: Position) => Buffer.from(JSON.stringify(position)).toString('base64');

/** A token is good for the findings that it was made for: those of a later scan begin anew. */
function positionOf(token: string | undefined, findings: string): number {
  if (token === undefined) return 0;
  try {
    const { findings: of, from } = JSON.parse(Buffer.from(token, 'base64').toString('utf8')) as Position;
    if (of === findings && Number.isSafeInteger(from) && from > 0) return from;
  } catch {
    // not JSON: refused below like every other token that does not fit
  }
  throw invalidAt('nextToken', 'Invalid nextToken');
}

function pageSize(given: number | undefined): number {
  const size = given ?? defaultPage;
  if (size < 1) throw invalidAt('maxResults', 'must be greater than or equal to 1');
  if (size > maxPage) throw invalidAt('maxResults', `must be less than or equal to ${maxPage}`);
  return size;
}

interface Known {
  readonly repository: RepositoryRow;
  readonly image: ImageRow;
  readonly scanType: ScanType;
  readonly result: ImageScanResult;
}

/** Undefined when the file of findings is gone. */
async function readPage(
  ctx: EcrContext,
  { repository, image, scanType, result }: Known,
  input: DescribeImageScanFindingsCommandInput,
): Promise<{ readonly imageScanFindings: ImageScanFindings; readonly nextToken?: string } | undefined> {
  const limit = pageSize(input.maxResults);
  const from = positionOf(input.nextToken, result.findings);
  const page = await ctx.deps.findings.read(result.findings, from, limit);
  if (!page) return undefined;
  const known = { view: ctx.store, repository, image, head: page.head, result };
  const context = { ...known, resource: viewResource(known) };
  const next = from + page.findings.length;
  return {
    imageScanFindings: {
      ...viewSummary(scanType, result),
      ...(scanType === 'BASIC'
        ? { findings: page.findings.map(viewBasicFinding) }
        : { enhancedFindings: page.findings.map((one) => viewEnhancedFinding(context, one)) }),
    },
    ...(next < page.count && { nextToken: encode({ findings: result.findings, from: next }) }),
  };
}

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageScanFindings.html */
export const DescribeImageScanFindings: EcrOperation<
  DescribeImageScanFindingsCommandInput,
  DescribeImageScanFindingsCommandOutput
> = async (ctx, input) => {
  pageSize(input.maxResults);
  const repository = requireRepository(ctx.store, ctx, input);
  const image = requireImage(ctx.store, repository, input.imageId!);
  const scan = ctx.store.get(imageScans, image.key);
  if (!scan) throw scanNotFound(repository, input.imageId!);
  const imageScanStatus = viewScanStatus(ctx.store, repository, image, scan);
  const isOver = imageScanStatus.status === 'COMPLETE' || imageScanStatus.status === 'ACTIVE';
  const known = isOver && scan.result ? { repository, image, scanType: scan.scanType, result: scan.result } : undefined;
  const page = known && (await readPage(ctx, known, input));
  const lost = { status: 'FINDINGS_UNAVAILABLE' as const, description: 'The findings of the last scan are gone.' };
  return {
    registryId: repository.account,
    repositoryName: repository.name,
    imageId: { imageDigest: image.digest, ...(input.imageId?.imageTag && { imageTag: input.imageId.imageTag }) },
    imageScanStatus: known && !page ? lost : imageScanStatus,
    ...page,
  };
};
